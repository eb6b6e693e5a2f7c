// lease_permits.lua does the arithmetic of core/policy/permit_schedule.cpp, on random limits and states.

#include <gtest/gtest.h>

#include <future>
#include <random>

#include "core/policy/permit_schedule.hpp"
#include "storage/redis_store.hpp"
#include "tests/support/redis_server.hpp"

namespace dispatch {
namespace {

using std::chrono::microseconds;

TEST(permit_script, agrees_with_the_arithmetic_it_mirrors) {
  auto client = redis_server::shared().client();
  redis_options options;
  options.url = redis_server::shared().url();
  options.name_space = "permits";
  options.consumer = "one";
  const auto storage = make_redis_store(options, {});
  std::promise<bool> acquired;
  storage->acquire(std::chrono::seconds(30), [&](auto epoch) { acquired.set_value(epoch.has_value()); });
  ASSERT_TRUE(acquired.get_future().get());

  std::mt19937_64 random(20261123);  // the seed
  const auto pick = [&](double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(random);
  };
  for (int round = 0; round < 400; ++round) {
    const limit_ask ask{"scope" + std::to_string(round), std::pow(10.0, pick(-2, 5.5)), pick(1, 2'000)};
    const auto terms = permit_terms::of({ask.rate, ask.burst});
    const auto now = client.command({"TIME"});
    const auto base = now.at(0).as_integer() * 1'000'000 + now.at(1).as_integer();
    const auto tat = round % 5 == 0 ? 0 : base + static_cast<std::int64_t>(pick(-2e5, 2e5));
    if (tat != 0) client.command({"SET", "permits:limit:" + ask.scope, std::to_string(tat)});
    const auto want = static_cast<std::uint32_t>(pick(0, 500));
    const microseconds horizon(static_cast<std::int64_t>(pick(0, 1.5e6)));

    std::promise<store_result<std::vector<limit_lease>>> answered;
    storage->lease_permits({ask}, want, horizon, [&](auto answer) { answered.set_value(std::move(answer)); });
    const auto answer = answered.get_future().get();
    ASSERT_TRUE(answer && answer->size() == 1);
    const auto& got = answer->front();
    const auto expected = lease_permits(terms, tat, got.now_us, want, horizon.count());
    ASSERT_EQ(got.granted, expected.granted) << "round " << round;
    ASSERT_EQ(got.first_slot_us, expected.first_slot_us) << "round " << round;
    ASSERT_EQ(got.lapse_us, expected.lapse_us);
    if (got.granted > 0) {
      const auto stored = client.command({"GET", "permits:limit:" + ask.scope}).as_integer();
      ASSERT_EQ(stored, expected.new_tat_us) << "round " << round;
    }
  }
}

// After a reload to a higher rate, or with Redis's clock set back.
TEST(permit_script, a_schedule_far_ahead_is_cut_for_good) {
  auto client = redis_server::shared().client();
  redis_options options;
  options.url = redis_server::shared().url();
  options.name_space = "cut";
  options.consumer = "one";
  const auto storage = make_redis_store(options, {});
  std::promise<bool> acquired;
  storage->acquire(std::chrono::seconds(30), [&](auto epoch) { acquired.set_value(epoch.has_value()); });
  ASSERT_TRUE(acquired.get_future().get());
  const auto now = client.command({"TIME"});
  const auto base = now.at(0).as_integer() * 1'000'000 + now.at(1).as_integer();
  client.command({"SET", "cut:limit:scope", std::to_string(base + 3'600'000'000LL)});
  std::uint32_t granted = 0;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (granted == 0 && std::chrono::steady_clock::now() < until) {
    std::promise<store_result<std::vector<limit_lease>>> answered;
    storage->lease_permits({{"scope", 1'000, 100}}, 10, microseconds(50'000),
                           [&](auto answer) { answered.set_value(std::move(answer)); });
    const auto answer = answered.get_future().get();
    ASSERT_TRUE(answer && answer->size() == 1);
    granted = answer->front().granted;
  }
  EXPECT_GT(granted, 0u) << "an hour ahead when it was first seen, a second ahead from then on";
}

}  // namespace
}  // namespace dispatch
