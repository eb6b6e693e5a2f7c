#include "api/limits/address_limiter.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

const address_limiter::time_point start{};

ip_address ip(const char* text) {
  return *ip_address::parse(text);
}

TEST(address_limiter, lets_an_address_fail_so_often_and_then_at_its_rate) {
  address_limiter limiter({.failures_per_minute = 60, .burst = 3});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(limiter.wait_of(ip("192.0.2.1"), start), 0ms) << i;
    limiter.failed(ip("192.0.2.1"), start);
  }
  EXPECT_EQ(limiter.wait_of(ip("192.0.2.1"), start), 1s);
  EXPECT_EQ(limiter.wait_of(ip("192.0.2.1"), start + 999ms), 1ms);
  EXPECT_EQ(limiter.wait_of(ip("192.0.2.1"), start + 1s), 0ms);
  limiter.failed(ip("192.0.2.1"), start + 1s);
  EXPECT_EQ(limiter.wait_of(ip("192.0.2.1"), start + 1s), 1s);
  EXPECT_EQ(limiter.wait_of(ip("192.0.2.1"), start + 1h), 0ms);
  EXPECT_EQ(limiter.wait_of(ip("192.0.2.2"), start), 0ms) << "another address";
}

TEST(address_limiter, success_costs_nothing) {
  address_limiter limiter({.failures_per_minute = 1, .burst = 1});
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(limiter.wait_of(ip("192.0.2.1"), start), 0ms);
  EXPECT_EQ(limiter.addresses(), 0u);
}

TEST(address_limiter, does_not_punish_beyond_its_burst) {
  address_limiter limiter({.failures_per_minute = 60, .burst = 3});
  for (int i = 0; i < 10'000; ++i) limiter.failed(ip("192.0.2.1"), start);
  EXPECT_EQ(limiter.wait_of(ip("192.0.2.1"), start), 1s);
}

TEST(address_limiter, takes_a_subscribers_ipv6_addresses_for_one) {
  address_limiter limiter({.failures_per_minute = 60, .burst = 1});
  limiter.failed(ip("2001:db8:1:2::1"), start);
  EXPECT_GT(limiter.wait_of(ip("2001:db8:1:2:ffff:ffff:ffff:ffff"), start), 0ms);
  EXPECT_EQ(limiter.wait_of(ip("2001:db8:1:3::1"), start), 0ms);
  limiter.failed(ip("192.0.2.1"), start);
  EXPECT_GT(limiter.wait_of(ip("::ffff:192.0.2.1"), start), 0ms) << "the same address, mapped";
  EXPECT_EQ(limiter.wait_of(ip("192.0.2.2"), start), 0ms);
}

TEST(address_limiter, keeps_a_bounded_number_and_forgets_the_longest_quiet) {
  address_limiter limiter({.failures_per_minute = 1, .burst = 1, .max_addresses = 100});
  for (int i = 0; i < 100; ++i) limiter.failed(ip(("10.0.0." + std::to_string(i)).c_str()), start);
  limiter.failed(ip("10.0.0.0"), start);
  for (int i = 0; i < 50; ++i) limiter.failed(ip(("10.0.1." + std::to_string(i)).c_str()), start);
  EXPECT_EQ(limiter.addresses(), 100u);
  EXPECT_GT(limiter.wait_of(ip("10.0.0.0"), start), 0ms) << "it failed again meanwhile";
  EXPECT_EQ(limiter.wait_of(ip("10.0.0.1"), start), 0ms);
  EXPECT_GT(limiter.wait_of(ip("10.0.0.99"), start), 0ms);
}

}  // namespace
}  // namespace dispatch
