#include <gtest/gtest.h>

#include <set>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

const std::string job_of_everybody = R"({"id":"j","message":{"title":"Hi {{n}}"},"audience":"everybody"})";

void store_audience(virtual_engine& engine, int count) {
  auto& list = engine.world().lists["audience:default:everybody"];
  for (int i = 0; i < count; ++i) {
    const auto n = std::to_string(i);
    list.push_back(R"({"platform":"android","token":"t)" + n + R"(","vars":{"n":")" + n + R"("}})");
  }
}

bool lists_gone(virtual_engine& engine) {
  return std::all_of(engine.world().lists.begin(), engine.world().lists.end(),
                     [](const auto& each) { return each.second.empty(); });
}

std::size_t distinct_keys(virtual_engine& engine) {
  std::set<std::string> keys;
  for (const auto& row : engine.fcm().ledger) keys.insert(row.dedupe);
  return keys.size();
}

TEST(audience, is_taken_over_sent_and_gone_at_the_end) {
  virtual_engine engine;
  store_audience(engine, 5'000);
  engine.add(lane::bulk, job_of_everybody);
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("j", "state") == "running"; }, 2s));
  EXPECT_EQ(engine.world().lists.count("audience:default:everybody"), 0u);
  EXPECT_EQ(engine.job_field("j", "total"), "5000");
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 20s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "5000");
  EXPECT_EQ(engine.job_field("j", "state"), "done");
  EXPECT_EQ(engine.fcm().ledger.size(), 5'000u);
  // The positions go on from window to window, and with them the dedupe keys.
  EXPECT_EQ(distinct_keys(engine), 5'000u);
  EXPECT_EQ(std::count_if(
                engine.fcm().ledger.begin(), engine.fcm().ledger.end(),
                [](const auto& row) { return row.dedupe == dedupe_key::of("default", "j", 4'999).text(); }),
            1);
  EXPECT_TRUE(lists_gone(engine));
}

TEST(audience, is_cut_no_further_than_can_be_sent_soon) {
  virtual_engine engine([](settings& config) { config.engine.read_ahead = 1'000; });
  engine.fcm().latency = 60s;
  store_audience(engine, 20'000);
  engine.add(lane::bulk, job_of_everybody);
  engine.run_for(10s);
  EXPECT_GE(engine.world().lists["taken:default:j"].size(), 15'000u);
}

TEST(audience, that_does_not_exist_ends_the_job) {
  virtual_engine engine;
  engine.add(lane::bulk, job_of_everybody);
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.job_field("j", "state"), "dead");
  ASSERT_EQ(engine.depth("dead"), 1u);
  EXPECT_EQ(engine.world().streams["dead"].entries.begin()->second.at("detail"),
            "/audience: there is no such list");
}

TEST(audience, an_unusable_recipient_ends_dead_alone) {
  virtual_engine engine;
  store_audience(engine, 10);
  auto& list = engine.world().lists["audience:default:everybody"];
  list[3] = R"({"platform":"android","tokem":"t"})";
  list[7] = R"({"platform":"android","token":"t"}],"tenant":"other","recipients":[)";
  list.push_back(R"({"platform":"android","token":")" + std::string(70'000, 'x') + R"("})");
  engine.add(lane::bulk, job_of_everybody);
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "8");
  EXPECT_EQ(engine.job_field("j", "dead"), "3");
  EXPECT_EQ(engine.job_field("j", "state"), "done");
  const auto& letters = engine.world().streams["dead"].entries;
  ASSERT_EQ(letters.size(), 3u);
  EXPECT_EQ(letters.begin()->second.at("detail").rfind("/audience/3/tokem: ", 0), 0u);
  EXPECT_EQ(letters.begin()->second.at("job"), R"({"platform":"android","tokem":"t"})");
  EXPECT_EQ(engine.fcm().ledger.size(), 8u);
}

TEST(audience, a_repeat_of_the_job_takes_no_other_list) {
  virtual_engine engine;
  store_audience(engine, 10);
  engine.add(lane::bulk, job_of_everybody);
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  store_audience(engine, 7);
  engine.add(lane::bulk, job_of_everybody);
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.fcm().ledger.size(), 10u);
  EXPECT_EQ(engine.world().lists["audience:default:everybody"].size(), 7u);
}

TEST(audience, of_a_scheduled_job_waits_for_its_time) {
  virtual_engine engine;
  store_audience(engine, 10);
  const auto at = engine.world().now / 1s + 60;
  engine.add(lane::bulk, R"({"id":"j","message":{"title":"t"},"audience":"everybody","send_at":)" +
                             std::to_string(at) + "}");
  engine.run_for(50s);
  EXPECT_EQ(engine.job_field("j", "state"), "scheduled");
  EXPECT_EQ(engine.depth("jobs:bulk"), 0u);
  EXPECT_TRUE(engine.fcm().ledger.empty());
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("j", "state") == "done"; }, 20s));
  EXPECT_EQ(engine.fcm().ledger.size(), 10u);
}

void operate(virtual_engine& engine, const std::string& kind, const std::string& state) {
  engine.world().hashes["job:default:j"]["state"] = state;
  engine.world().tell({{"kind", kind}, {"tenant", "default"}, {"id", "j"}});
}

TEST(audience, cancelled_sends_nothing_more_and_counts_all) {
  virtual_engine engine;
  engine.fcm().latency = 200ms;
  store_audience(engine, 20'000);
  engine.add(lane::bulk, job_of_everybody);
  ASSERT_TRUE(engine.run_until([&] { return engine.fcm().ledger.size() >= 300; }, 5s));
  operate(engine, "cancel", "cancelled");
  engine.run_for(1s);
  const auto sent = engine.fcm().ledger.size();
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 60s));
  EXPECT_EQ(engine.fcm().ledger.size(), sent);
  EXPECT_EQ(engine.job_field("j", "delivered"), std::to_string(sent));
  EXPECT_EQ(engine.job_field("j", "cancelled"), std::to_string(20'000 - sent));
  EXPECT_TRUE(lists_gone(engine));
}

TEST(audience, paused_stays_in_its_list) {
  virtual_engine engine;
  engine.fcm().latency = 200ms;
  store_audience(engine, 20'000);
  engine.add(lane::bulk, job_of_everybody);
  ASSERT_TRUE(engine.run_until([&] { return engine.fcm().ledger.size() >= 300; }, 5s));
  operate(engine, "pause", "paused");
  engine.run_for(2s);
  const auto sent = engine.fcm().ledger.size();
  EXPECT_GE(engine.world().lists["taken:default:j"].size(), 10'000u);
  engine.run_for(5s);
  EXPECT_EQ(engine.fcm().ledger.size(), sent);
  EXPECT_EQ(engine.depth("jobs:bulk"), 0u);
  // As resume.lua does it.
  for (auto& [id, rest] : std::exchange(engine.world().streams["wait:job=default/j:bulk"].entries, {})) {
    engine.world().add("wait:ready:bulk", rest);
  }
  operate(engine, "resume", "running");
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("j", "state") == "done"; }, 60s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "20000");
  EXPECT_EQ(engine.fcm().ledger.size(), 20'000u);
}

}  // namespace
}  // namespace dispatch
