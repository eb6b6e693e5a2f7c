// A tenant's items that wait for its permits, and when those come back for which there is no room.

#include "actors/intake/tenant_line.hpp"

#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

work_item item_of(lane in, std::uint8_t suspect = 0) {
  auto owner = std::make_shared<run>();
  owner->lane = in;
  owner->states.resize(1);
  owner->states[0].suspect = suspect;
  return {std::move(owner), 0};
}

tenant_line line() {
  return tenant_line({8, 4, 1, 1});
}

TEST(tenant_line, keeps_as_many_as_it_may) {
  auto waiting = line();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(waiting.push(item_of(lane::bulk), 3));
  EXPECT_TRUE(waiting.push(item_of(lane::bulk), 3));
  EXPECT_EQ(waiting.size(), 3u);
}

TEST(tenant_line, makes_room_for_a_higher_lane) {
  auto waiting = line();
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(waiting.push(item_of(lane::bulk), 3));
  const auto leaving = waiting.push(item_of(lane::high), 3);
  ASSERT_TRUE(leaving);
  EXPECT_EQ(leaving->owner->lane, lane::bulk);
  std::vector<work_item> taken;
  waiting.take(1, taken);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].owner->lane, lane::high);
  EXPECT_EQ(waiting.size(), 2u);
}

TEST(tenant_line, parks_no_suspect) {
  auto waiting = line();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(waiting.push(item_of(lane::bulk, 1), 3));
  const auto leaving = waiting.push(item_of(lane::high), 3);
  ASSERT_TRUE(leaving);
  EXPECT_EQ(leaving->owner->lane, lane::high);
}

TEST(tenant_line, lets_lanes_take_turns) {
  auto waiting = line();
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_FALSE(waiting.push(item_of(lane::high), 5'000));
    ASSERT_FALSE(waiting.push(item_of(lane::bulk), 5'000));
  }
  std::vector<work_item> taken;
  waiting.take(900, taken);
  const auto bulk = std::count_if(taken.begin(), taken.end(),
                                  [](const work_item& each) { return each.owner->lane == lane::bulk; });
  EXPECT_GE(bulk, 80);
  EXPECT_LE(bulk, 120);
}

TEST(tenant_line, spreads_what_has_no_room_a_little_faster_than_the_rate) {
  auto waiting = line();
  const epoch_ms now(1'000'000);
  epoch_ms last{};
  for (int i = 0; i < 250; ++i) last = waiting.comes_back(lane::bulk, 100, now);
  EXPECT_GE(last, now + 2'900ms);
  EXPECT_LE(last, now + 3'100ms);
  // Another lane's do not wait behind those.
  EXPECT_LE(waiting.comes_back(lane::high, 100, now), now + 1'100ms);
  EXPECT_FALSE(waiting.is_over(now + 2s));
  EXPECT_TRUE(waiting.is_over(now + 4s));
}

TEST(tenant_line, asks_a_small_backlog_back_soon_and_a_large_one_seldom) {
  auto waiting = line();
  epoch_ms now(1'000'000), last{};
  for (int i = 0; i < 300; ++i) last = waiting.comes_back(lane::bulk, 5, now);
  EXPECT_EQ(last, now + 5s);
  for (int rounds = 0; rounds < 8; ++rounds) {
    for (int i = 0; i < 100'000; ++i) last = waiting.comes_back(lane::bulk, 5, now);
    now = last;
  }
  for (int i = 0; i < 10'000; ++i) last = waiting.comes_back(lane::bulk, 5, now);
  EXPECT_EQ(last, now + 60s);
}

// The whole engine: the demand lies in the lane, all at once.
std::size_t sent_between(virtual_engine& engine, epoch_ms from, epoch_ms to) {
  const auto& rows = engine.fcm().ledger;
  return static_cast<std::size_t>(std::count_if(
      rows.begin(), rows.end(), [&](const seen_request& row) { return row.at >= from && row.at < to; }));
}

void fill_lane(virtual_engine& engine, int recipients) {
  for (int job = 0; job * 500 < recipients; ++job) {
    std::vector<std::pair<platform, std::string>> to;
    for (int i = 0; i < 500; ++i) to.emplace_back(platform::android, "t" + std::to_string(job * 500 + i));
    engine.add(lane::bulk, job_document("j" + std::to_string(job), to));
  }
}

TEST(tenant_rate, is_reached_with_a_backlog) {
  for (const int rate : {20, 300}) {
    virtual_engine engine([&](settings& config) { config.limits.tenant_rate = rate; });
    fill_lane(engine, 25 * rate);
    engine.run_for(3s);
    const auto began = engine.world().now;
    engine.run_for(10s);
    const auto sent = sent_between(engine, began, began + 10s);
    EXPECT_GE(double(sent), 0.95 * 10 * rate) << rate;
    for (auto second = began; second < began + 9s; second += 100ms)
      EXPECT_LE(double(sent_between(engine, second, second + 1s)), 1.02 * rate + std::max(1.0, rate / 10.0));
  }
}

TEST(tenant_rate, leaves_the_high_lane_of_the_same_tenant_quick) {
  virtual_engine engine([](settings& config) { config.limits.tenant_rate = 50; });
  fill_lane(engine, 5'000);
  engine.run_for(3s);
  engine.add(lane::high, job_document("urgent", {{platform::android, "u"}}));
  EXPECT_TRUE(engine.run_until([&] { return engine.job_field("urgent", "state") == "done"; }, 1s));
}

}  // namespace
}  // namespace dispatch
