#include "core/job/resume.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dispatch {
namespace {

resume_state sample_state() {
  resume_state state;
  state.stored_at = epoch_ms(1'795'402'800'123);
  state.has_hash = true;
  state.indices = {0, 1, 2, 7, 9, 10, 3, 18'446'744'073'709'551'615ULL};
  state.attempts = {1, 1, 0, 0, 0, 4'294'967'295U, 2, 2};
  return state;
}

void expect_equal(const resume_state& a, const resume_state& b) {
  EXPECT_EQ(a.stored_at, b.stored_at);
  EXPECT_EQ(a.has_hash, b.has_hash);
  EXPECT_EQ(a.indices, b.indices);
  EXPECT_EQ(a.attempts, b.attempts);
}

TEST(resume, is_one_compact_line) {
  EXPECT_EQ(encode(sample_state()),
            "1 1795402800123 h 0-2,7,9-10,3,18446744073709551615 2x1,3x0,1x4294967295,2x2");
  EXPECT_EQ(encode(resume_state()), "1 0 -  ");
}

TEST(resume, comes_back_as_it_was) {
  for (const auto& state : {sample_state(), resume_state()}) {
    const auto back = decode_resume(encode(state));
    ASSERT_TRUE(back);
    expect_equal(*back, state);
  }
  std::mt19937 random(7);  // seed 7
  for (int round = 0; round < 500; ++round) {
    resume_state state;
    state.stored_at = epoch_ms(random());
    state.has_hash = random() % 2 == 0;
    const auto size = random() % 40;
    std::uint64_t index = random() % 5;
    for (std::uint32_t i = 0; i < size; ++i) {
      state.indices.push_back(index += 1 + (random() % 3 == 0 ? random() % 9 : 0));
      state.attempts.push_back(static_cast<std::uint32_t>(random() % 3));
    }
    const auto back = decode_resume(encode(state));
    ASSERT_TRUE(back) << encode(state);
    expect_equal(*back, state);
  }
}

TEST(resume, ten_thousand_recipients_are_the_limit) {
  EXPECT_TRUE(decode_resume("1 5 h 0-9999 10000x0"));
  EXPECT_FALSE(decode_resume("1 5 h 0-10000 10001x0"));
  EXPECT_FALSE(decode_resume("1 5 h 0-9999,10001 10001x0"));
  EXPECT_FALSE(decode_resume("1 5 h 0-18446744073709551615 1x0"));
}

TEST(resume, refuses_everything_else) {
  for (const char* text : {"",
                           "1",
                           "2 5 h 0 1x0",
                           "1 5 h",
                           "1 5 h ",
                           "1 5 x 0 1x0",
                           "1 -5 h 0 1x0",
                           "1 5 h 0 2x0",
                           "1 5 h 0-1 1x0",
                           "1 5 h 0 0x0",
                           "1 5 h 1-0 2x0",
                           "1 5 h 0, 1x0",
                           "1 5 h 00 1x0",
                           "1 5 h +1 1x0",
                           "1 5 h 0 1x0 ",
                           "1 5 h 0 1x0,",
                           "1 5 h 0 1x-1",
                           "1 5 h 0 1x4294967296",
                           "1 99999999999999999999 h 0 1x0",
                           "1 5 h 0 1x0\n",
                           "1 5 h  1x0",
                           "1 5 h 18446744073709551616 1x0"}) {
    EXPECT_FALSE(decode_resume(text)) << text;
  }
  const auto good = encode(sample_state());
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    const auto part = decode_resume(std::string_view(good).substr(0, cut));
    if (part) {
      EXPECT_EQ(part->indices.size(), part->attempts.size());
    }
  }
}

}  // namespace
}  // namespace dispatch
