#include "core/policy/permit_wallet.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using time_point = permit_wallet::time_point;

constexpr time_point start{std::chrono::hours{100}};

/// `granted` permits 10 ms apart, the first `offset_us` after the grant, lapsing after 100 ms.
permit_lease lease(std::uint32_t granted, std::int64_t offset_us = 0) {
  constexpr std::int64_t redis_now = 1'000'000'000;
  return {granted, redis_now + offset_us, 10'000.0, 100'000, redis_now, 0};
}

TEST(permit_wallet, an_empty_one_gives_nothing) {
  permit_wallet wallet;
  EXPECT_EQ(wallet.take(5, start), 0U);
  EXPECT_EQ(wallet.next_valid(start), std::nullopt);
  wallet.add(lease(0), start, start);
  EXPECT_EQ(wallet.held(), 0U);
}

TEST(permit_wallet, permits_open_one_by_one) {
  permit_wallet wallet;
  wallet.add(lease(3), start, start);
  EXPECT_EQ(wallet.held(), 3U);
  EXPECT_EQ(wallet.available(start), 1U);
  EXPECT_EQ(wallet.available(start + 9'999us), 1U);
  EXPECT_EQ(wallet.available(start + 10ms), 2U);
  EXPECT_EQ(wallet.take(9, start + 10ms), 2U);
  EXPECT_EQ(wallet.next_valid(start + 10ms), start + 20ms);
  EXPECT_EQ(wallet.take(1, start + 19ms), 0U);
  EXPECT_EQ(wallet.take(1, start + 20ms), 1U);
  EXPECT_EQ(wallet.held(), 0U);
  EXPECT_EQ(wallet.lapsed_total(), 0U);
}

TEST(permit_wallet, a_permit_lapses_100_ms_after_its_slot) {
  permit_wallet wallet;
  wallet.add(lease(2), start, start);
  EXPECT_EQ(wallet.available(start + 100ms), 2U);
  EXPECT_EQ(wallet.available(start + 100'001us), 1U);
  EXPECT_EQ(wallet.lapsed_total(), 1U);
  EXPECT_EQ(wallet.available(start + 110ms), 1U);
  EXPECT_EQ(wallet.take(5, start + 110'001us), 0U);
  EXPECT_EQ(wallet.lapsed_total(), 2U);
}

TEST(permit_wallet, slots_behind_the_grant_count_from_the_grant) {
  permit_wallet wallet;
  wallet.add(lease(4, -25'000), start, start);  // slots at -25, -15, -5, +5 ms
  EXPECT_EQ(wallet.available(start), 3U);
  EXPECT_EQ(wallet.available(start + 5ms), 4U);
  EXPECT_EQ(wallet.available(start + 100ms), 4U);
  EXPECT_EQ(wallet.available(start + 100'001us), 1U);
  EXPECT_EQ(wallet.available(start + 105'001us), 0U);
}

TEST(permit_wallet, a_round_trip_opens_late_and_lapses_early) {
  permit_wallet wallet;
  wallet.add(lease(1), start, start + 30ms);
  EXPECT_EQ(wallet.available(start + 29ms), 0U);
  EXPECT_EQ(wallet.next_valid(start + 29ms), start + 30ms);
  EXPECT_EQ(wallet.available(start + 30ms), 1U);
  EXPECT_EQ(wallet.available(start + 100ms), 1U);
  EXPECT_EQ(wallet.available(start + 101ms), 0U);
}

TEST(permit_wallet, a_round_trip_longer_than_the_lapse_costs_the_permits) {
  permit_wallet wallet;
  wallet.add(lease(3), start, start + 150ms);
  EXPECT_EQ(wallet.take(5, start + 150ms), 0U);
  EXPECT_EQ(wallet.lapsed_total(), 3U);
  EXPECT_EQ(wallet.next_valid(start + 150ms), std::nullopt);
}

TEST(permit_wallet, takes_from_several_leases) {
  permit_wallet wallet;
  wallet.add(lease(2), start, start);
  wallet.add(lease(2, 20'000), start, start);
  EXPECT_EQ(wallet.take(3, start + 50ms), 3U);
  EXPECT_EQ(wallet.take(3, start + 50ms), 1U);
}

TEST(permit_wallet, is_bounded) {
  permit_wallet wallet;
  for (std::size_t i = 0; i < permit_wallet::max_leases + 10; ++i) wallet.add(lease(1), start, start);
  EXPECT_EQ(wallet.held(), permit_wallet::max_leases);
  EXPECT_EQ(wallet.lapsed_total(), 10U);
}

TEST(permit_wallet, fractions_of_a_microsecond_do_not_drift) {
  permit_wallet wallet;
  permit_lease thirds = lease(30'000);
  thirds.interval_us = 100.0 / 3.0;
  wallet.add(thirds, start, start);
  EXPECT_EQ(wallet.available(start + 99us), 3U);
  EXPECT_EQ(wallet.available(start + 100us), 4U);
  EXPECT_EQ(wallet.take(100'000, start + 90ms), 2'701U);
}

}  // namespace
}  // namespace dispatch
