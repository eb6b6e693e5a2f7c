#include "core/policy/retry_budget.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using time_point = retry_budget::time_point;

constexpr time_point start{std::chrono::hours{100}};

TEST(retry_budget, starts_with_a_second_of_its_floor) {
  retry_budget budget{{}, start};
  EXPECT_EQ(budget.take_up_to(100, start), 10U);
  EXPECT_FALSE(budget.try_take(start));
}

TEST(retry_budget, the_floor_gives_ten_a_second) {
  retry_budget budget{{}, start};
  budget.take_up_to(10, start);
  EXPECT_EQ(budget.next_available(start), start + 100ms);
  EXPECT_FALSE(budget.try_take(start + 99'999us));
  EXPECT_TRUE(budget.try_take(start + 100ms));
  EXPECT_FALSE(budget.try_take(start + 100ms));
  EXPECT_EQ(budget.take_up_to(100, start + 1100ms), 10U);
}

TEST(retry_budget, the_floor_gathers_ten_seconds_at_most) {
  retry_budget budget{{}, start};
  EXPECT_EQ(budget.take_up_to(1000, start + 24h), 100U);
}

TEST(retry_budget, ten_first_attempts_earn_one_retry) {
  retry_budget budget{{0.1, 0.0}, start};
  budget.on_first_attempts(9, start);
  EXPECT_FALSE(budget.try_take(start));
  budget.on_first_attempts(1, start);
  EXPECT_TRUE(budget.try_take(start));
  EXPECT_FALSE(budget.try_take(start));
  for (int i = 0; i < 1000; ++i) budget.on_first_attempts(1, start);
  EXPECT_EQ(budget.take_up_to(1000, start), 100U);
}

TEST(retry_budget, what_was_earned_is_gone_after_ten_seconds) {
  retry_budget budget{{0.1, 0.0}, start};
  budget.on_first_attempts(1000, start);
  EXPECT_TRUE(budget.try_take(start + 9'999ms));
  EXPECT_FALSE(budget.try_take(start + 10s));
}

TEST(retry_budget, the_oldest_is_spent_first) {
  retry_budget budget{{0.1, 0.0}, start};
  budget.on_first_attempts(10, start);
  budget.on_first_attempts(10, start + 9s);
  EXPECT_TRUE(budget.try_take(start + 9s));
  EXPECT_TRUE(budget.try_take(start + 15s));
  EXPECT_FALSE(budget.try_take(start + 15s));
}

TEST(retry_budget, fractions_of_both_sources_add_up) {
  retry_budget budget{{0.1, 10.0}, start};
  budget.take_up_to(10, start);
  budget.on_first_attempts(5, start);
  EXPECT_FALSE(budget.try_take(start + 49ms));
  EXPECT_TRUE(budget.try_take(start + 50ms));
}

TEST(retry_budget, says_when_only_first_attempts_can_help) {
  retry_budget budget{{0.1, 0.0}, start};
  EXPECT_EQ(budget.next_available(start), time_point::max());
  budget.on_first_attempts(10, start);
  EXPECT_EQ(budget.next_available(start), start);
}

TEST(retry_budget, a_slow_floor_still_gathers_a_whole_retry) {
  retry_budget budget{{0.0, 0.01}, start};
  const auto due = budget.next_available(start);
  EXPECT_EQ(due, start + 99s);
  EXPECT_FALSE(budget.try_take(due - 1ms));
  EXPECT_TRUE(budget.try_take(due));
}

TEST(retry_budget, a_slow_floor_gathers_one_and_not_more) {
  retry_budget budget{{0.0, 0.01}, start};
  EXPECT_EQ(budget.take_up_to(10, start + 1000h), 1U);
}

TEST(retry_budget, asking_often_neither_loses_nor_wins) {
  retry_budget budget{{0.0, 0.7}, start};
  std::uint64_t taken = 0;
  auto last = start;
  for (auto t = start; t <= start + 3s; t += 2us) {
    if (!budget.try_take(t)) continue;
    ++taken;
    last = t;
  }
  EXPECT_EQ(taken, 2U);  // 0.7 at the start and 2.1 more
  // The second was due when 1.3 had come: 13/7 s.
  EXPECT_GE(last, start + 1'857'142us);
  EXPECT_LE(last, start + 1'857'145us);
}

TEST(retry_budget, changed_settings_hold_from_then_on) {
  retry_budget budget{{0.1, 10.0}, start};
  budget.on_first_attempts(100, start);
  budget.change({0.5, 1.0}, start);
  EXPECT_EQ(budget.take_up_to(100, start), 20U);  // earned before: 10 of the floor, 10 of first attempts
  budget.on_first_attempts(100, start);
  EXPECT_EQ(budget.take_up_to(100, start), 50U);
  EXPECT_EQ(budget.take_up_to(100, start + 3s), 3U);
}

TEST(retry_budget, a_lower_floor_takes_away_what_was_saved_above_it) {
  retry_budget budget{{0.0, 100.0}, start};
  budget.change({0.0, 2.0}, start + 10s);
  EXPECT_EQ(budget.take_up_to(10'000, start + 10s), 20U);
  budget.change({0.0, 0.0}, start + 20s);
  EXPECT_EQ(budget.take_up_to(10'000, start + 30s), 0U);
}

TEST(retry_budget, time_going_back_gives_nothing) {
  retry_budget budget{{}, start};
  budget.take_up_to(10, start);
  EXPECT_FALSE(budget.try_take(start - 1h));
  EXPECT_FALSE(budget.try_take(start + 50ms));
  EXPECT_TRUE(budget.try_take(start + 100ms));
}

TEST(retry_budget, absurd_settings_and_counts_do_not_overflow) {
  retry_budget budget{{1e300, 1e300}, start};
  budget.on_first_attempts(~std::uint64_t{0}, start);
  budget.on_first_attempts(~std::uint64_t{0}, start);
  EXPECT_GE(budget.take_up_to(~std::uint64_t{0}, start + 10s), 1'000'000U);
  retry_budget none{{-1.0, -1.0}, start};
  none.on_first_attempts(1000, start);
  EXPECT_FALSE(none.try_take(start + 1h));
}

TEST(retry_budget, books_turns_one_after_the_other_at_the_rate_there_is) {
  const retry_budget::time_point begin{std::chrono::hours{1}};
  retry_budget budget({0.1, 10.0}, begin);
  EXPECT_EQ(budget.book(begin), begin + std::chrono::milliseconds{100});
  EXPECT_EQ(budget.book(begin), begin + std::chrono::milliseconds{200});
  const auto later = begin + std::chrono::seconds{5};
  EXPECT_EQ(budget.book(later), later + std::chrono::milliseconds{100}) << "what has passed is nobody's turn";
  budget.on_first_attempts(9'000, later);  // 90 a second over the ten they last
  EXPECT_EQ(budget.book(later), later + std::chrono::milliseconds{110});
  retry_budget none({0.0, 0.0}, begin);
  EXPECT_EQ(none.book(begin), retry_budget::time_point::max());
}

}  // namespace
}  // namespace dispatch
