#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

TEST(flow, a_single_job_without_id_is_sent_acknowledged_and_leaves_no_record) {
  virtual_engine engine;
  engine.add(lane::normal, job_document("", {{platform::android, "a"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  ASSERT_EQ(engine.fcm().ledger.size(), 1u);
  EXPECT_EQ(engine.fcm().ledger[0].token, "a");
  EXPECT_TRUE(engine.world().hashes.empty());
  EXPECT_TRUE(engine.world().streams["jobs"].pending.empty());
}

TEST(flow, the_entry_stays_pending_until_the_provider_has_answered) {
  virtual_engine engine;
  engine.fcm().latency = 1s;
  engine.add(lane::normal, job_document("", {{platform::android, "a"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.fcm().ledger.size() == 1; }, 1s));
  engine.run_for(500ms);
  EXPECT_EQ(engine.depth("jobs"), 1u);
  EXPECT_EQ(engine.world().streams["jobs"].pending.size(), 1u);
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
}

TEST(flow, a_bulk_job_goes_to_each_platforms_provider_and_is_counted) {
  virtual_engine engine;
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < 300; ++i) to.emplace_back(platform::android, "a" + std::to_string(i));
  for (int i = 0; i < 200; ++i) to.emplace_back(platform::ios, "b" + std::to_string(i));
  for (int i = 0; i < 100; ++i) to.emplace_back(platform::web, "c" + std::to_string(i));
  engine.add(lane::bulk, job_document("digest", to));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 5s));
  EXPECT_EQ(engine.fcm().ledger.size(), 400u);
  EXPECT_EQ(engine.apns().ledger.size(), 200u);
  EXPECT_EQ(engine.job_field("digest", "state"), "done");
  EXPECT_EQ(engine.job_field("digest", "delivered"), "600");
  EXPECT_EQ(engine.job_field("digest", "total"), "600");
}

TEST(flow, the_dedupe_key_is_the_one_of_tenant_job_and_index) {
  virtual_engine engine;
  engine.add(lane::normal, job_document("j", {{platform::android, "a"}, {platform::ios, "b"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.fcm().ledger.at(0).dedupe, dedupe_key::of("default", "j", 0).text());
  EXPECT_EQ(engine.apns().ledger.at(0).dedupe, dedupe_key::of("default", "j", 1).text());
}

TEST(flow, a_dead_token_ends_invalid_and_is_told_to_the_producer) {
  virtual_engine engine;
  engine.apns().answer = [](const seen_request&) {
    return scripted_channel::status(410, R"({"reason":"Unregistered","timestamp":1700000000000})");
  };
  engine.add(lane::normal, job_document("j", {{platform::ios, "gone"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.job_field("j", "invalid_token"), "1");
  ASSERT_EQ(engine.depth("tokens"), 1u);
  const auto& event = engine.world().streams["tokens"].entries.begin()->second;
  EXPECT_EQ(event.at("token"), "gone");
  EXPECT_EQ(event.at("event"), "invalid");
}

TEST(flow, a_known_id_with_the_same_document_is_a_repeat_and_sends_nothing) {
  virtual_engine engine;
  const auto document = job_document("once", {{platform::android, "a"}});
  engine.add(lane::normal, document);
  engine.add(lane::high, document);
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.fcm().ledger.size(), 1u);
  EXPECT_EQ(engine.depth("dead"), 0u);
}

TEST(flow, a_job_scheduled_for_later_starts_no_earlier) {
  virtual_engine engine;
  const auto at = std::chrono::ceil<std::chrono::seconds>(engine.world().now + 20s);
  const auto more = "\"send_at\":" + std::to_string(at.count()) + ",";
  engine.add(lane::normal, job_document("later", {{platform::android, "a"}}, more));
  engine.run_for(19s);
  EXPECT_TRUE(engine.fcm().ledger.empty());
  EXPECT_EQ(engine.depth("jobs"), 0u) << "what waits for its time leaves the lane";
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 5s));
  ASSERT_EQ(engine.fcm().ledger.size(), 1u);
  EXPECT_GE(engine.fcm().ledger[0].at, at);
  EXPECT_EQ(engine.job_field("later", "state"), "done");
}

TEST(flow, an_expired_job_is_not_started) {
  virtual_engine engine;
  const auto at = std::chrono::duration_cast<std::chrono::seconds>(engine.world().now - 10s);
  const auto more = "\"expires_at\":" + std::to_string(at.count()) + ",";
  engine.add(lane::normal, job_document("old", {{platform::android, "a"}}, more));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_TRUE(engine.fcm().ledger.empty());
  EXPECT_EQ(engine.job_field("old", "expired"), "1");
}

TEST(flow, work_goes_on_after_redis_was_away) {
  virtual_engine engine;
  engine.fcm().latency = 200ms;
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < 500; ++i) to.emplace_back(platform::android, "a" + std::to_string(i));
  engine.add(lane::normal, job_document("j", to));
  ASSERT_TRUE(engine.run_until([&] { return engine.fcm().ledger.size() >= 150; }, 2s));
  engine.world().available = false;
  engine.run_for(3s);
  engine.world().available = true;
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 10s));
  EXPECT_EQ(engine.fcm().ledger.size(), 500u) << "nothing is sent twice";
  EXPECT_EQ(engine.job_field("j", "delivered"), "500");
}

}  // namespace
}  // namespace dispatch
