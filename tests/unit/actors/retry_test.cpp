#include <gtest/gtest.h>

#include <algorithm>
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

/// 2,000 that are told to come back in half a minute, all at the same time.
void refuse_all_once(virtual_engine& engine) {
  engine.fcm().latency = 50ms;  // so slow that a hundred in flight are no reason for the breaker to open
  engine.fcm().answer = [](const seen_request& request) {
    return request.attempt == 1 && request.token[0] == 'r' ? scripted_channel::status(503, {}, "30")
                                                           : scripted_channel::status(200);
  };
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < 2'000; ++i) to.emplace_back(platform::android, "r" + std::to_string(i));
  engine.add(lane::normal, job_document("j", to));
}

std::size_t second_attempts(const scripted_channel& by) {
  return static_cast<std::size_t>(
      std::count_if(by.ledger.begin(), by.ledger.end(), [](const auto& row) { return row.attempt > 1; }));
}

void patient_breaker(settings& config) {
  config.breaker.failures = 1'000;
  config.breaker.sample = 1'000;
  config.breaker.window = 100ms;
}

TEST(retry, those_parked_pass_the_budget_when_they_come_back_and_all_are_sent_in_the_end) {
  virtual_engine engine(patient_breaker);
  refuse_all_once(engine);
  ASSERT_TRUE(engine.run_until([&] { return engine.world().due.size() > 0; }, 20s));
  ASSERT_TRUE(engine.run_until([&] { return second_attempts(engine.fcm()) > 0; }, 60s));
  engine.run_for(20s);
  // Ten a second, and what ten seconds without retries have left.
  EXPECT_LE(second_attempts(engine.fcm()), 10u * (20 + 10) + 20);
  EXPECT_GE(second_attempts(engine.fcm()), 10u * 15);
  for (int i = 0; i < 50; ++i) engine.add(lane::normal, job_document("", {{platform::android, "new"}}));
  engine.run_for(1s);
  EXPECT_EQ(std::count_if(engine.fcm().ledger.begin(), engine.fcm().ledger.end(),
                          [](const auto& row) { return row.token == "new"; }),
            50)
      << "first attempts go past them";
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 400s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "2000");
}

TEST(retry, the_floor_of_the_budget_is_shared_by_the_processes_there_are) {
  virtual_engine engine(patient_breaker);
  for (const auto* other : {"two", "three", "four"}) {
    engine.world().owners[other].expires_at = engine.world().now + 1h;
  }
  refuse_all_once(engine);
  ASSERT_TRUE(engine.run_until([&] { return second_attempts(engine.fcm()) > 0; }, 60s));
  engine.run_for(20s);
  EXPECT_LE(second_attempts(engine.fcm()), 25u * (20 + 10) / 10 + 20);
  EXPECT_GE(second_attempts(engine.fcm()), 25u * 15 / 10);
}

}  // namespace
}  // namespace dispatch
