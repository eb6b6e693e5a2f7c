#include "actors/reference_clock.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

/// What it says now, less what it would say had it taken over `reference` at `at`.
epoch_ms off(const reference_clock& clock, epoch_ms reference, std::chrono::steady_clock::time_point at) {
  const auto wall = clock.wall();
  return wall - reference - std::chrono::duration_cast<epoch_ms>(std::chrono::steady_clock::now() - at);
}

TEST(reference_clock, is_the_machines_until_it_was_measured) {
  const reference_clock clock;
  EXPECT_LE(std::chrono::abs(clock.wall() - dispatch::clock().wall()), 1s);
}

TEST(reference_clock, takes_the_first_measurement_and_says_how_far_ahead_it_is) {
  reference_clock clock;
  const auto at = std::chrono::steady_clock::now();
  const auto redis = dispatch::clock().wall() + 1h;
  const auto ahead = clock.measured(redis, at, at);
  EXPECT_LE(std::chrono::abs(ahead - 1h), 500ms);
  EXPECT_LE(std::chrono::abs(off(clock, redis, at)), 2ms);
}

TEST(reference_clock, changes_by_no_more_than_the_round_trip_leaves_open) {
  reference_clock clock;
  const auto at = std::chrono::steady_clock::now();
  const epoch_ms redis{1'000'000};
  clock.measured(redis, at, at);
  clock.measured(redis + 80ms, at - 100ms, at + 100ms);
  EXPECT_LE(std::chrono::abs(off(clock, redis, at)), 2ms) << "200 ms there and back explain 80";
  clock.measured(redis + 80ms, at - 20ms, at + 20ms);
  EXPECT_LE(std::chrono::abs(off(clock, redis + 60ms, at)), 2ms);
}

TEST(reference_clock, believes_no_slow_answer_and_every_jump) {
  reference_clock clock;
  const auto at = std::chrono::steady_clock::now();
  const epoch_ms redis{10'000'000};
  clock.measured(redis, at, at);
  clock.measured(redis + 30s, at, at + 5s);
  EXPECT_LE(std::chrono::abs(off(clock, redis, at)), 2ms);
  clock.measured(redis - 1h, at, at + 10ms);
  EXPECT_LE(std::chrono::abs(off(clock, redis - 1h, at)), 10ms);
}

}  // namespace
}  // namespace dispatch
