#include <gtest/gtest.h>

#include <map>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

TEST(retry, a_transient_failure_is_tried_again_with_the_same_dedupe_key) {
  virtual_engine engine;
  engine.fcm().answer = [](const seen_request& request) {
    return scripted_channel::status(request.attempt == 1 && request.token == "shaky" ? 503 : 200);
  };
  engine.add(lane::normal, job_document("j", {{platform::android, "shaky"}, {platform::android, "fine"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 10s));
  EXPECT_EQ(engine.fcm().ledger.size(), 3u);
  EXPECT_EQ(engine.job_field("j", "delivered"), "2");
}

TEST(retry, used_up_attempts_end_dead_with_a_letter_that_can_be_sent_again) {
  virtual_engine engine([](settings& config) { config.breaker.min_failure_ratio = 1; });
  engine.fcm().answer = [](const seen_request& request) {
    return scripted_channel::status(request.token == "hopeless" ? 500 : 200);
  };
  engine.add(lane::normal, job_document("j", {{platform::android, "hopeless"}}));
  // Others keep the share of failures low, so that the breaker stays out of it.
  ASSERT_TRUE(engine.run_until(
      [&] {
        engine.add(lane::high, job_document("", {{platform::android, "ok"}}));
        return engine.job_field("j", "state") == "done";
      },
      120s));
  EXPECT_EQ(engine.job_field("j", "dead"), "1");
  std::map<std::string, int> seen;
  for (const auto& row : engine.fcm().ledger) ++seen[row.token];
  EXPECT_EQ(seen["hopeless"], 5);
  ASSERT_EQ(engine.depth("dead"), 1u);
  const auto& letter = engine.world().streams["dead"].entries.begin()->second;
  EXPECT_NE(letter.at("job").find("hopeless"), std::string::npos);
}

TEST(retry, a_long_wait_leaves_the_lane_and_is_kept_in_redis) {
  virtual_engine engine;
  engine.apns().answer = [](const seen_request& request) {
    return request.attempt == 1 ? scripted_channel::status(503, R"({"reason":"ServiceUnavailable"})", "30")
                                : scripted_channel::status(200);
  };
  engine.add(lane::normal, job_document("j", {{platform::ios, "t"}}));
  engine.run_for(2s);
  EXPECT_EQ(engine.depth("jobs"), 0u);
  EXPECT_EQ(engine.world().due.size(), 1u);
  const auto first = engine.apns().ledger.at(0).at;
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 60s));
  ASSERT_EQ(engine.apns().ledger.size(), 2u);
  EXPECT_GE(engine.apns().ledger[1].at - first, 30s);
  EXPECT_EQ(engine.apns().ledger[0].dedupe, engine.apns().ledger[1].dedupe);
  EXPECT_EQ(engine.job_field("j", "state"), "done");
}

}  // namespace
}  // namespace dispatch
