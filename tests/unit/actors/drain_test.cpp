#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

TEST(drain, finishes_what_is_in_flight_and_leaves_the_rest_to_others) {
  virtual_engine engine;
  engine.fcm().latency = 300ms;
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < 1'000; ++i) to.emplace_back(platform::android, "a" + std::to_string(i));
  engine.add(lane::bulk, job_document("j", to));
  ASSERT_TRUE(engine.run_until([&] { return engine.fcm().ledger.size() >= 150; }, 2s));
  engine.parts().supervisor.send_urgent(dispatch::drain{});
  engine.run_for(5ms);
  EXPECT_FALSE(engine.ready);
  const auto sent = engine.fcm().ledger.size();
  ASSERT_TRUE(engine.run_until([&] { return engine.ended.has_value(); }, 5s));
  EXPECT_EQ(*engine.ended, 0);
  EXPECT_EQ(engine.fcm().ledger.size(), sent) << "nothing new was started";
  EXPECT_EQ(engine.job_field("j", "delivered"), std::to_string(sent));
  EXPECT_EQ(engine.job_field("j", "left"), std::to_string(1'000 - sent));
  EXPECT_EQ(engine.depth("jobs:bulk"), 0u);
  EXPECT_EQ(engine.depth("wait:fcm:default:bulk"), 1u) << "the rest waits for another process";
}

TEST(drain, of_an_idle_engine_is_immediate) {
  virtual_engine engine;
  engine.run_for(100ms);
  engine.parts().supervisor.send_urgent(dispatch::drain{});
  ASSERT_TRUE(engine.run_until([&] { return engine.ended.has_value(); }, 500ms));
  EXPECT_EQ(*engine.ended, 0);
}

TEST(drain, parks_what_waits_for_a_retry) {
  virtual_engine engine;
  engine.fcm().answer = [](const seen_request& request) {
    return scripted_channel::status(request.attempt == 1 ? 503 : 200);
  };
  engine.add(lane::normal, job_document("j", {{platform::android, "a"}, {platform::android, "b"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.fcm().ledger.size() == 2; }, 1s));
  engine.run_for(10ms);
  engine.parts().supervisor.send_urgent(dispatch::drain{});
  ASSERT_TRUE(engine.run_until([&] { return engine.ended.has_value(); }, 5s));
  EXPECT_EQ(engine.depth("jobs"), 0u);
  EXPECT_GE(engine.world().due.size() + engine.depth("wait:fcm:default:normal"), 1u);
}

}  // namespace
}  // namespace dispatch
