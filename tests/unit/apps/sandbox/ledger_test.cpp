#include "apps/sandbox/ledger.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "apps/sandbox/keys.hpp"

namespace dispatch::sandbox {
namespace {

ledger_line sample() {
  return {1'764'000'000'123'456, provider::fcm, 200, "job-1/7", "token-a", 12, 201, "-", "0a1b2c3d"};
}

std::string text_of(const ledger_line& line) {
  std::string out;
  append_ledger_line(out, line);
  return out;
}

TEST(ledger_line_text, has_nine_tab_separated_columns_and_microseconds_as_decimals) {
  EXPECT_EQ(text_of(sample()), "1764000000123.456\tfcm\t200\tjob-1/7\ttoken-a\t12\t201\t-\t0a1b2c3d\n");
}

TEST(ledger_line_text, pads_the_microseconds) {
  auto line = sample();
  line.unix_us = 1'764'000'000'123'007;
  EXPECT_TRUE(text_of(line).starts_with("1764000000123.007\t"));
}

TEST(ledger_line_text, lets_no_field_break_the_line) {
  auto line = sample();
  line.dedupe = "a\tb\nc\x7f";
  line.target = "";
  EXPECT_EQ(text_of(line), "1764000000123.456\tfcm\t200\ta_b_c_\t-\t12\t201\t-\t0a1b2c3d\n");
}

TEST(ledger_line_text, cuts_a_field_at_1024_bytes) {
  auto line = sample();
  const std::string long_token(5000, 'x');
  line.target = long_token;
  EXPECT_LT(text_of(line).size(), 1100U);
}

class ledger_on_disk : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/sandbox-ledger-XXXXXX";
    directory_ = ::mkdtemp(name);
    path_ = directory_ / "ledger.tsv";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_, path_;
};

TEST_F(ledger_on_disk, starts_with_one_header_even_after_a_restart) {
  { ledger_file first(path_); }
  { ledger_file second(path_); }
  EXPECT_EQ(read_file(path_), ledger_header());
  EXPECT_EQ(ledger_header().front(), '#');
}

TEST_F(ledger_on_disk, gets_the_lines_of_a_turn_at_flush) {
  ledger_file file(path_);
  ledger_buffer buffer(file);
  buffer.add(sample());
  buffer.add(sample());
  EXPECT_EQ(read_file(path_), ledger_header());
  buffer.flush();
  EXPECT_EQ(read_file(path_), std::string(ledger_header()) + text_of(sample()) + text_of(sample()));
}

}  // namespace
}  // namespace dispatch::sandbox
