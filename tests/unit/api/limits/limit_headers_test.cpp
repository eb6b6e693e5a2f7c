#include "api/limits/limit_headers.hpp"

#include <gtest/gtest.h>

#include <map>

namespace dispatch {
namespace {

using headers = std::map<std::string, std::string>;

// 2026-11-23 12:34:50 UTC
constexpr std::int64_t at_s = 1'795'437'290;

headers of(const request_windows& windows, std::array<std::uint32_t, 3> used,
           admit_verdict verdict = admit_verdict::admitted) {
  const auto made = limit_headers(windows, {verdict, used, std::chrono::seconds{at_s}});
  headers out(made.begin(), made.end());
  EXPECT_EQ(out.size(), made.size()) << "a header comes twice";
  return out;
}

TEST(limit_headers, say_what_each_window_takes_and_has_left) {
  EXPECT_EQ(of({1'000, 10'000, 100'000}, {1, 2, 3}), (headers{{"X-RateLimit-Limit-Minute", "1000"},
                                                              {"X-RateLimit-Remaining-Minute", "999"},
                                                              {"X-RateLimit-Limit-Hour", "10000"},
                                                              {"X-RateLimit-Remaining-Hour", "9998"},
                                                              {"X-RateLimit-Limit-Day", "100000"},
                                                              {"X-RateLimit-Remaining-Day", "99997"},
                                                              {"RateLimit-Limit", "1000"},
                                                              {"RateLimit-Remaining", "999"},
                                                              {"RateLimit-Reset", "10"}}));
}

TEST(limit_headers, take_the_tightest_window_for_the_short_ones) {
  const auto hour = of({1'000, 10'000, 100'000}, {5, 9'500, 9'500});
  EXPECT_EQ(hour.at("RateLimit-Limit"), "10000");
  EXPECT_EQ(hour.at("RateLimit-Remaining"), "500");
  EXPECT_EQ(hour.at("RateLimit-Reset"), "1510");
  EXPECT_FALSE(hour.contains("Retry-After"));
}

TEST(limit_headers, say_when_a_refused_request_can_succeed) {
  EXPECT_EQ(of({10, 100, 0}, {10, 50, 0}, admit_verdict::limited).at("Retry-After"), "10");
  const auto both = of({10, 100, 0}, {10, 100, 0}, admit_verdict::limited);
  EXPECT_EQ(both.at("Retry-After"), "1510") << "the next minute would be refused again";
  EXPECT_EQ(both.at("RateLimit-Reset"), "1510");
}

TEST(limit_headers, leave_out_windows_without_limit_and_never_go_below_zero) {
  EXPECT_EQ(of({0, 0, 0}, {5, 5, 5}), headers{});
  const auto lowered = of({0, 10, 0}, {500, 500, 500}, admit_verdict::limited);
  EXPECT_EQ(lowered.at("X-RateLimit-Remaining-Hour"), "0") << "the limit was lowered by a reload";
  EXPECT_FALSE(lowered.contains("X-RateLimit-Limit-Minute"));
}

}  // namespace
}  // namespace dispatch
