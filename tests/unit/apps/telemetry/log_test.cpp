#include "actors/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <regex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "actors/line_cap.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class log_test : public ::testing::Test {
 protected:
  void SetUp() override { log::open(log::level::info, path_); }
  void TearDown() override {
    log::open(log::level::info, "");
    std::filesystem::remove(path_);
  }
  std::vector<std::string> lines() const {
    std::ifstream input(path_);
    std::vector<std::string> all;
    for (std::string line; std::getline(input, line);) all.push_back(line);
    return all;
  }

  std::string path_ =
      (std::filesystem::temp_directory_path() / ("log-" + std::to_string(::getpid()))).string();
};

TEST_F(log_test, a_line_is_json_with_time_level_event_and_fields) {
  log::warn("breaker_open", {{"scope", "fcm:default"}, {"failures", 5}, {"ratio", 0.5}, {"probe", false}});
  ASSERT_EQ(lines().size(), 1u);
  const std::regex expected(
      R"(\{"ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"warn","event":"breaker_open",)"
      R"("scope":"fcm:default","failures":5,"ratio":0.5,"probe":false\})");
  EXPECT_TRUE(std::regex_match(lines()[0], expected)) << lines()[0];
}

TEST_F(log_test, what_json_cannot_hold_is_escaped) {
  log::info("e1", {{"text", "a\"b\\c\nd\te\x01\x7f"}});
  log::info("e2", {{"text", std::string("x\xff\xc3y\xed\xa0\x80z")}, {"nan", std::nan("")}});
  log::info("e3", {{"text", "größe €"}, {"inf", std::numeric_limits<double>::infinity()}});
  const auto all = lines();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_THAT(all[0], HasSubstr(R"("text":"a\"b\\c\nd\te\u0001\u007f"})"));
  EXPECT_THAT(all[1], HasSubstr(R"("text":"x\ufffd\ufffdy\ufffd\ufffd\ufffdz","nan":null})"));
  EXPECT_THAT(all[2], HasSubstr(R"("text":"größe €","inf":null})"));
}

TEST_F(log_test, what_steers_a_terminal_is_escaped) {
  log::info("e", {{"text",
                   "a\x1b[2J\xc2\x9b"
                   "31m\xe2\x80\xae\xe2\x80\xa8\x9b z"}});
  EXPECT_THAT(lines().at(0), HasSubstr(R"("text":"a\u001b[2J\u009b31m\u202e\u2028\ufffd z")"));
}

TEST_F(log_test, a_file_that_cannot_be_written_is_said_once_on_standard_error) {
  ::testing::internal::CaptureStderr();
  log::open(log::level::info, "/dev/full");
  for (int i = 0; i < 3; ++i) log::info("lost", {{"n", i}});
  const auto said = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("\"event\":\"log_failed\""));
  EXPECT_THAT(said, HasSubstr("/dev/full"));
  EXPECT_EQ(said.find("log_failed"), said.rfind("log_failed")) << said;
}

TEST_F(log_test, a_long_text_is_cut) {
  log::info("long", {{"text", std::string(1'000'000, 'x')}});
  log::info("long", {{"text", std::string(2'047, 'x') + "€€"}});
  ASSERT_EQ(lines().size(), 2u);
  EXPECT_LT(lines()[0].size(), 2'200u);
  EXPECT_THAT(lines()[1], HasSubstr("xxx…\"}"));
}

TEST_F(log_test, levels_below_the_least_are_left_out) {
  log::debug("no");
  log::set_level(log::level::debug);
  EXPECT_TRUE(log::enabled(log::level::debug));
  log::debug("yes");
  log::set_level(log::level::error);
  log::warn("no");
  EXPECT_EQ(lines().size(), 1u);
}

TEST_F(log_test, opening_again_follows_a_rotated_file) {
  log::info("one");
  std::filesystem::rename(path_, path_ + ".1");
  log::open(log::level::info, path_);
  log::info("two");
  EXPECT_EQ(lines().size(), 1u);
  std::filesystem::remove(path_ + ".1");
}

TEST_F(log_test, a_file_that_cannot_be_opened_throws_and_leaves_the_old_one) {
  EXPECT_THROW(log::open(log::level::info, "/dev/null/x.log"), std::runtime_error);
  log::info("still");
  EXPECT_EQ(lines().size(), 1u);
}

TEST_F(log_test, threads_do_not_mix_their_lines) {
  std::vector<std::thread> threads;
  for (int at = 0; at < 4; ++at)
    threads.emplace_back([name = "thread" + std::to_string(at)] {
      for (int n = 0; n < 100; ++n) log::info(name, {{"n", n}});
    });
  for (auto& each : threads) each.join();
  const auto all = lines();
  EXPECT_EQ(all.size(), 400u);
  for (const auto& line : all) EXPECT_TRUE(line.starts_with("{\"ts\"") && line.ends_with("}")) << line;
}

TEST(line_cap, lets_200_lines_of_a_name_through_each_second_and_counts_the_rest) {
  log::line_cap cap;
  const log::line_cap::time_point start{10s};
  for (int at = 0; at < 200; ++at) EXPECT_EQ(cap.admit("a", start), 0u);
  for (int at = 0; at < 50; ++at) EXPECT_EQ(cap.admit("a", start + 500ms), std::nullopt);
  EXPECT_EQ(cap.admit("b", start + 500ms), 0u);
  EXPECT_EQ(cap.admit("a", start + 1s), 50u);
  EXPECT_EQ(cap.admit("a", start + 1s), 0u);
}

TEST(line_cap, names_beyond_its_bound_share_one_allowance) {
  log::line_cap cap(2, 1);
  const log::line_cap::time_point start{10s};
  EXPECT_TRUE(cap.admit("a", start));
  EXPECT_TRUE(cap.admit("b", start));
  EXPECT_TRUE(cap.admit("c", start));
  EXPECT_FALSE(cap.admit("d", start));
  EXPECT_TRUE(cap.admit("a", start));
}

}  // namespace
}  // namespace dispatch
