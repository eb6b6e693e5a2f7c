#include "core/policy/permit_schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace dispatch {
namespace {

constexpr std::int64_t now = 1'795'456'800'000'000;

permit_terms terms_of(double rate) {
  return permit_terms::of({rate, permit_limit::default_burst(rate)});
}

TEST(permit_terms, by_default_a_permit_lapses_after_100_ms) {
  const auto terms = terms_of(1000);
  EXPECT_DOUBLE_EQ(terms.interval_us, 1000.0);
  EXPECT_EQ(terms.lapse_us, 100'000);
  EXPECT_GE(terms.lag_us, 19'990);
  EXPECT_LE(terms.lag_us, 20'000);
}

TEST(permit_terms, burst_is_never_under_one) {
  EXPECT_DOUBLE_EQ(permit_limit::default_burst(0.5), 1.0);
  EXPECT_DOUBLE_EQ(permit_limit::default_burst(10), 1.0);
  EXPECT_DOUBLE_EQ(permit_limit::default_burst(500), 50.0);
  EXPECT_EQ(permit_terms::of({100, 0}).lag_us, permit_terms::of({100, 1}).lag_us);
}

TEST(permit_terms, a_larger_burst_is_all_lag) {
  const auto terms = permit_terms::of({100, 100});
  EXPECT_EQ(terms.lapse_us, 100'000);
  EXPECT_NEAR(static_cast<double>(terms.lag_us), 920'000, 10);
}

TEST(permit_terms, leave_room_for_the_fence_post) {
  // N slots of 1/rate must cover the second, the lag and the lapse.
  for (const double rate : {0.001, 0.1, 0.5, 1.0, 8.82, 9.8, 11.0, 14.9, 16.0, 33.0, 999.0, 50'000.0, 1e6}) {
    for (const double burst : {1.0, rate / 50, permit_limit::default_burst(rate), rate}) {
      const auto terms = permit_terms::of({rate, burst});
      const auto most = std::floor(rate * 1.02 + std::max(burst, 1.0) + 1e-9);
      EXPECT_LE(1e6 + static_cast<double>(terms.lag_us + terms.lapse_us), most * 1e6 / rate)
          << rate << ' ' << burst;
      EXPECT_GE(terms.lapse_us, 14'000) << rate << ' ' << burst;
      EXPECT_GE(terms.lag_us, 4'000) << rate << ' ' << burst;
    }
  }
}

TEST(permit_terms, senseless_limits_are_clamped) {
  EXPECT_DOUBLE_EQ(permit_terms::of({0, 0}).interval_us, 1e9);
  EXPECT_DOUBLE_EQ(permit_terms::of({-5, -5}).interval_us, 1e9);
  EXPECT_DOUBLE_EQ(permit_terms::of({std::nan(""), std::nan("")}).interval_us, 1e9);
  EXPECT_DOUBLE_EQ(permit_terms::of({1e12, 1e30}).interval_us, 1.0);
}

TEST(permit_lease, a_fresh_scope_starts_at_its_lag) {
  const auto terms = terms_of(1000);
  const auto lease = lease_permits(terms, 0, now, 5);
  EXPECT_EQ(lease.granted, 5U);
  EXPECT_EQ(lease.first_slot_us, now - terms.lag_us);
  EXPECT_EQ(lease.new_tat_us, now - terms.lag_us + 5000);
  EXPECT_EQ(lease.granted_at_us, now);
  EXPECT_EQ(lease.lapse_us, terms.lapse_us);
}

TEST(permit_lease, reaches_as_far_as_the_horizon) {
  const auto terms = terms_of(1000);
  EXPECT_EQ(lease_permits(terms, now, now, 1000).granted, 51U);
  EXPECT_EQ(lease_permits(terms, now + 1, now, 1000).granted, 50U);
  EXPECT_EQ(lease_permits(terms, now, now, 1000, 10'000).granted, 11U);
  EXPECT_EQ(lease_permits(terms, now, now, 1000, 0).granted, 1U);
  EXPECT_EQ(lease_permits(terms, now, now, 1000, -7).granted, 1U);
  EXPECT_EQ(lease_permits(terms, now, now, 10'000, 3'600'000'000).granted, 1001U);
}

TEST(permit_lease, one_is_granted_when_its_slot_is_just_within_the_horizon) {
  const auto terms = terms_of(1);
  EXPECT_EQ(lease_permits(terms, now + 50'000, now, 10).granted, 1U);
  const auto none = lease_permits(terms, now + 50'001, now, 10);
  EXPECT_EQ(none.granted, 0U);
  EXPECT_EQ(none.new_tat_us, now + 50'001);
  EXPECT_EQ(none.first_slot_us, now + 50'001);
}

TEST(permit_lease, asking_for_nothing_changes_nothing) {
  const auto lease = lease_permits(terms_of(1000), now - 5000, now, 0);
  EXPECT_EQ(lease.granted, 0U);
  EXPECT_EQ(lease.new_tat_us, now - 5000);
}

TEST(permit_lease, the_next_one_starts_where_the_last_ended) {
  const auto terms = terms_of(3);
  const auto first = lease_permits(terms, now, now, 1);
  EXPECT_EQ(first.new_tat_us, now + 333'334);  // rounded up, never closer
  const auto second = lease_permits(terms, first.new_tat_us, now + 300'000, 1);
  EXPECT_EQ(second.granted, 1U);
  EXPECT_EQ(second.first_slot_us, now + 333'334);
}

TEST(permit_lease, an_idle_scope_saves_no_more_than_its_lag) {
  const auto terms = terms_of(1000);
  const auto lease = lease_permits(terms, now - 3'600'000'000, now, 100'000);
  EXPECT_EQ(lease.first_slot_us, now - terms.lag_us);
  EXPECT_EQ(lease.granted, static_cast<std::uint32_t>((terms.lag_us + 50'000) / 1000 + 1));
}

TEST(permit_lease, a_clock_that_jumped_back_stops_the_scope_for_a_second_only) {
  const auto terms = terms_of(1000);
  const auto lease = lease_permits(terms, now + 3'600'000'000, now, 10);
  EXPECT_EQ(lease.granted, 0U);
  EXPECT_EQ(lease.new_tat_us, now + 1'001'000);
  EXPECT_EQ(lease_permits(terms, lease.new_tat_us, now + 951'000, 10).granted, 1U);
}

}  // namespace
}  // namespace dispatch
