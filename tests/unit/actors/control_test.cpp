#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

void operate(virtual_engine& engine, const std::string& kind, const std::string& state) {
  engine.world().hashes["job:default:j"]["state"] = state;
  engine.world().tell({{"kind", kind}, {"tenant", "default"}, {"id", "j"}});
}

std::vector<std::pair<platform, std::string>> many(int count) {
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < count; ++i) to.emplace_back(platform::android, "a" + std::to_string(i));
  return to;
}

TEST(control, a_cancelled_job_starts_nothing_more_and_its_rest_is_counted) {
  virtual_engine engine;
  engine.fcm().latency = 200ms;
  engine.add(lane::bulk, job_document("j", many(2'000)));
  ASSERT_TRUE(engine.run_until([&] { return engine.fcm().ledger.size() >= 300; }, 5s));
  operate(engine, "cancel", "cancelled");
  engine.run_for(1s);
  const auto sent = engine.fcm().ledger.size();
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 10s));
  EXPECT_EQ(engine.fcm().ledger.size(), sent);
  EXPECT_EQ(engine.job_field("j", "delivered"), std::to_string(sent));
  EXPECT_EQ(engine.job_field("j", "cancelled"), std::to_string(2'000 - sent));
  EXPECT_EQ(engine.job_field("j", "state"), "cancelled");
}

TEST(control, a_job_cancelled_before_it_is_read_sends_nothing) {
  virtual_engine engine;
  engine.world().hashes["job:default:j"]["state"] = "cancelled";
  engine.add(lane::normal, job_document("j", many(10)));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 5s));
  EXPECT_TRUE(engine.fcm().ledger.empty());
  EXPECT_EQ(engine.job_field("j", "cancelled"), "10");
}

TEST(control, a_paused_jobs_rest_waits_and_holds_up_nobody) {
  virtual_engine engine;
  engine.fcm().latency = 200ms;
  engine.add(lane::bulk, job_document("j", many(2'000)));
  ASSERT_TRUE(engine.run_until([&] { return engine.fcm().ledger.size() >= 300; }, 5s));
  operate(engine, "pause", "paused");
  engine.run_for(2s);
  const auto sent = engine.fcm().ledger.size();
  engine.add(lane::bulk, job_document("other", many(10)));
  engine.run_for(2s);
  EXPECT_EQ(engine.fcm().ledger.size(), sent + 10);
  EXPECT_GT(engine.depth("wait:job=default/j:bulk"), 0u);
  EXPECT_EQ(engine.depth("jobs:bulk"), 0u);
}

TEST(control, a_paused_lane_is_not_read) {
  virtual_engine engine;
  engine.world().paused[index_of(lane::normal)] = true;
  engine.world().tell({{"kind", "lane_pause"}, {"lane", "normal"}});
  engine.run_for(100ms);
  engine.add(lane::normal, job_document("", many(1)));
  engine.add(lane::high, job_document("", many(1)));
  engine.run_for(500ms);
  EXPECT_EQ(engine.fcm().ledger.size(), 1u);
}

TEST(control, a_lane_paused_before_the_start_is_not_read) {
  virtual_world world;
  world.redis->paused[index_of(lane::normal)] = true;
  world.redis->add("jobs", {{"job", job_document("", many(1))}});
  world.redis->add("jobs:high", {{"job", job_document("", many(1))}});
  virtual_engine engine(world, "engine", {});
  engine.run_for(1s);
  EXPECT_EQ(engine.fcm().ledger.size(), 1u);
  EXPECT_EQ(engine.depth("jobs"), 1u);
}

}  // namespace
}  // namespace dispatch
