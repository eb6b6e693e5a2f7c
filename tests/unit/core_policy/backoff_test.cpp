#include "core/policy/backoff.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
constexpr auto huge_attempt = std::numeric_limits<std::uint32_t>::max();

TEST(backoff, full_jitter_spans_zero_to_the_doubled_base) {
  const backoff_policy policy;
  EXPECT_EQ(policy.delay(1, 0.0), 0ms);
  EXPECT_EQ(policy.delay(1, 0.5), 500ms);
  EXPECT_EQ(policy.delay(1, 1.0), 1s);
  EXPECT_EQ(policy.delay(2, 1.0), 2s);
  EXPECT_EQ(policy.delay(5, 1.0), 16s);
  EXPECT_EQ(policy.delay(9, 1.0), 256s);
}

TEST(backoff, is_capped_and_never_overflows) {
  const backoff_policy policy;
  EXPECT_EQ(policy.delay(10, 1.0), 5min);
  EXPECT_EQ(policy.delay(huge_attempt, 1.0), 5min);
  EXPECT_EQ(policy.delay(huge_attempt, 0.5), 150s);
  const backoff_policy longest{1ms, std::chrono::milliseconds::max()};
  EXPECT_EQ(longest.delay(64, 1.0), std::chrono::milliseconds::max());
  EXPECT_GT(longest.delay(64, 0.75), std::chrono::milliseconds::max() / 2);
}

TEST(backoff, treats_attempt_zero_as_the_first) {
  EXPECT_EQ(backoff_policy{}.delay(0, 1.0), 1s);
}

TEST(backoff, clamps_a_uniform_number_out_of_range) {
  const backoff_policy policy;
  EXPECT_EQ(policy.delay(1, 7.0), 1s);
  EXPECT_EQ(policy.delay(1, -1.0), 0ms);
  EXPECT_EQ(policy.delay(1, std::nan("")), 0ms);
}

TEST(backoff, a_floored_one_lies_between_floor_and_cap_in_doubling_bands) {
  EXPECT_EQ(supervisor_backoff.delay(1, 0.0), 200ms);
  EXPECT_EQ(supervisor_backoff.delay(1, 1.0), 400ms);
  EXPECT_EQ(supervisor_backoff.delay(2, 0.0), 400ms);
  EXPECT_EQ(supervisor_backoff.delay(4, 0.0), 1600ms);
  EXPECT_EQ(supervisor_backoff.delay(huge_attempt, 0.0), 15s);
  EXPECT_EQ(supervisor_backoff.delay(huge_attempt, 1.0), 30s);
}

TEST(backoff, reconnects_have_the_promised_ends) {
  EXPECT_EQ(redis_reconnect_backoff.delay(1, 0.0), 50ms);
  EXPECT_EQ(redis_reconnect_backoff.delay(100, 1.0), 2s);
  EXPECT_EQ(redis_reconnect_backoff.delay(100, 0.0), 1s);
  EXPECT_EQ(provider_reconnect_backoff.delay(1, 0.0), 100ms);
  EXPECT_EQ(provider_reconnect_backoff.delay(100, 1.0), 10s);
}

TEST(backoff, a_cap_below_the_floor_gives_the_floor) {
  const floored_backoff odd{1s, 100ms};
  EXPECT_EQ(odd.delay(1, 0.0), 1s);
  EXPECT_EQ(odd.delay(9, 1.0), 1s);
}

}  // namespace
}  // namespace dispatch
