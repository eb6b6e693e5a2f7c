#include "core/policy/restart_policy.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using time_point = restart_history::time_point;

constexpr time_point start{std::chrono::hours{100}};

TEST(restart_policy, the_sixth_failure_within_the_period_gives_up) {
  restart_history history;
  auto now = start;
  for (const auto expected : {200ms, 400ms, 800ms, 1600ms, 3200ms}) {
    const auto delay = decide_restart(history, {}, now, 0.0);
    ASSERT_TRUE(delay);
    EXPECT_EQ(*delay, expected);
    now += *delay;
  }
  EXPECT_EQ(decide_restart(history, {}, now, 0.0), std::nullopt);
}

TEST(restart_policy, five_restarts_are_counted_over_the_period_only) {
  restart_history history;
  // Due at 0.2, 10.4, 20.8, 31.6, 43.2 s: never five within 30 s.
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(decide_restart(history, {}, start + i * 10s, 0.0));
  EXPECT_TRUE(decide_restart(history, {}, start + 50s, 0.0));
}

TEST(restart_policy, the_period_ends_thirty_seconds_after_a_restart_was_due) {
  restart_history history;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(decide_restart(history, {}, start, 0.0));
  auto same = history;
  EXPECT_EQ(decide_restart(history, {}, start + 30'199ms, 0.0), std::nullopt);
  EXPECT_TRUE(decide_restart(same, {}, start + 30'200ms, 0.0));  // the first was due at 200 ms
}

TEST(restart_policy, backoff_goes_on_doubling_for_a_child_that_fails_slowly) {
  restart_history history;
  auto now = start;
  std::chrono::milliseconds delay{};
  for (int i = 0; i < 10; ++i) {
    const auto next = decide_restart(history, {}, now, 0.0);
    ASSERT_TRUE(next);
    EXPECT_GE(*next, delay);
    delay = *next;
    now += delay + 20s;
  }
  EXPECT_EQ(delay, 15s);
}

TEST(restart_policy, a_healthy_run_starts_the_backoff_over) {
  restart_history history;
  ASSERT_EQ(decide_restart(history, {}, start, 0.0), 200ms);
  ASSERT_EQ(decide_restart(history, {}, start + 1s, 0.0), 400ms);
  EXPECT_EQ(history.streak(), 2U);
  auto early = history;
  EXPECT_EQ(decide_restart(early, {}, start + 61'399ms, 0.0), 800ms);
  EXPECT_EQ(decide_restart(history, {}, start + 61'400ms, 0.0), 200ms);
}

TEST(restart_policy, jitter_stretches_a_delay) {
  restart_history history;
  EXPECT_EQ(decide_restart(history, {}, start, 1.0), 400ms);
}

TEST(restart_policy, giving_up_notes_nothing) {
  restart_history history;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(decide_restart(history, {}, start, 0.0));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(decide_restart(history, {}, start + 1s, 0.0), std::nullopt);
  EXPECT_EQ(history.streak(), 5U);
}

TEST(restart_history, is_bounded) {
  restart_history history;
  EXPECT_EQ(history.latest(), std::nullopt);
  for (int i = 0; i < 1000; ++i) history.add(start + i * 1s);
  EXPECT_EQ(history.count_after(start), restart_history::capacity);
  EXPECT_EQ(history.count_after(start + 998s), 1U);
  EXPECT_EQ(history.count_after(start + 999s), 0U);
  EXPECT_EQ(history.latest(), start + 999s);
}

}  // namespace
}  // namespace dispatch
