#include "core/policy/mass_invalid_guard.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr mass_invalid_guard::time_point start{1h};

TEST(mass_invalid_guard, believes_everything_of_fewer_than_a_thousand_sends) {
  mass_invalid_guard guard;
  EXPECT_TRUE(guard.record(999, 999, start));
  EXPECT_FALSE(guard.tripped());
}

TEST(mass_invalid_guard, a_fifth_is_not_more_than_a_fifth) {
  mass_invalid_guard guard;
  EXPECT_TRUE(guard.record(1'000, 200, start));
  mass_invalid_guard other;
  EXPECT_FALSE(other.record(1'000, 201, start));
  EXPECT_TRUE(other.tripped());
}

TEST(mass_invalid_guard, the_batch_that_trips_it_is_not_believed_and_nor_is_what_follows) {
  mass_invalid_guard guard;
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(guard.record(100, 100, start));
  EXPECT_FALSE(guard.record(100, 100, start));
  EXPECT_FALSE(guard.record(100, 0, start));
  EXPECT_FALSE(guard.record(0, 0, start));
  EXPECT_FALSE(guard.record(100'000, 0, start + 24h)) << "only an operator ends it";
}

TEST(mass_invalid_guard, a_provider_gone_wrong_takes_some_two_hundred_tokens_with_it) {
  for (const std::uint64_t batch : {1U, 7U, 64U}) {
    mass_invalid_guard guard;
    for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(guard.record(100, 1, start));
    std::uint64_t released = 0;
    while (guard.record(batch, batch, start)) released += batch;
    EXPECT_LE(released, 221U) << batch;
    EXPECT_GE(released, 180U) << batch;
  }
}

TEST(mass_invalid_guard, a_steady_share_below_never_trips) {
  mass_invalid_guard guard;
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(guard.record(10, i % 5 == 0 ? 5 : 1, start));
}

TEST(mass_invalid_guard, what_is_an_hour_old_does_not_count) {
  mass_invalid_guard guard;
  EXPECT_TRUE(guard.record(900, 900, start));
  EXPECT_EQ(guard.recent(start).dead, 900U);
  EXPECT_TRUE(guard.record(100, 0, start + 1h));
  EXPECT_EQ(guard.recent(start + 1h).sends, 100U);
  EXPECT_EQ(guard.recent(start + 1h).dead, 0U);
}

TEST(mass_invalid_guard, a_slow_scope_is_judged_by_its_last_hour) {
  mass_invalid_guard guard;
  // 10 a minute: an hour never holds a thousand.
  for (int minute = 0; minute < 10'000; ++minute)
    ASSERT_TRUE(guard.record(10, 10, start + minute * 1min)) << minute;
}

TEST(mass_invalid_guard, after_a_reset_it_counts_from_nothing) {
  mass_invalid_guard guard;
  EXPECT_FALSE(guard.record(1'000, 1'000, start));
  guard.reset();
  EXPECT_FALSE(guard.tripped());
  EXPECT_TRUE(guard.record(999, 999, start));
  EXPECT_FALSE(guard.record(1, 1, start));
}

TEST(mass_invalid_guard, what_an_operator_accepted_may_go_on_for_a_while) {
  mass_invalid_guard guard;
  guard.record(1'000, 1'000, start);
  guard.reset(start + 10min);
  EXPECT_TRUE(guard.record(50'000, 50'000, start + 9min));
  EXPECT_FALSE(guard.record(1, 1, start + 10min));
}

TEST(mass_invalid_guard, what_tripped_another_trips_it_too_until_the_same_reset) {
  mass_invalid_guard guard;
  EXPECT_TRUE(guard.record(10, 10, start));
  guard.trip();
  EXPECT_TRUE(guard.tripped());
  EXPECT_FALSE(guard.record(1, 1, start));
  guard.reset();
  EXPECT_TRUE(guard.record(1, 1, start));
}

TEST(mass_invalid_guard, settings_without_sense_do_no_harm) {
  mass_invalid_guard never({1.0, 1, 1h});
  EXPECT_TRUE(never.record(10, 50, start));
  EXPECT_EQ(never.recent(start).dead, 10U);
  mass_invalid_guard always({-1.0, 0, 1h});
  EXPECT_TRUE(always.record(1, 0, start));
  EXPECT_FALSE(always.record(1, 1, start));
}

}  // namespace
}  // namespace dispatch
