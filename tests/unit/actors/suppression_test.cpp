// Tokens a provider has called dead: not sent to again for a while, by any process, and nothing looked up
// while there are none.

#include <gtest/gtest.h>

#include "actors/tracker/token_doubts.hpp"
#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

provider_answer dead_or_well(const seen_request& request) {
  return request.token.starts_with("dead") ? scripted_channel::unregistered() : scripted_channel::status(200);
}

void send(virtual_engine& engine, const std::string& id, const std::vector<std::string>& tokens,
          platform on = platform::android) {
  std::vector<std::pair<platform, std::string>> to;
  for (const auto& token : tokens) to.emplace_back(on, token);
  engine.add(lane::normal, job_document(id, to));
}

void send_and_finish(virtual_engine& engine, const std::string& id, const std::vector<std::string>& tokens,
                     platform on = platform::android) {
  send(engine, id, tokens, on);
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field(id, "state") == "done"; }, 5s)) << id;
}

TEST(suppression, a_token_that_was_called_dead_is_not_sent_to_again) {
  virtual_engine engine;
  engine.fcm().answer = dead_or_well;
  send_and_finish(engine, "first", {"dead-1"});
  send_and_finish(engine, "second", {"dead-1"});
  EXPECT_EQ(engine.fcm().ledger.size(), 1u);
  EXPECT_EQ(engine.job_field("first", "invalid_token"), "1");
  EXPECT_EQ(engine.job_field("second", "suppressed"), "1");
  EXPECT_EQ(engine.depth("tokens"), 1u) << "the producer was told once";
  const auto& results = engine.world().streams["results"].entries;
  EXPECT_TRUE(std::any_of(results.begin(), results.end(), [](const auto& row) {
    return field(row.second, "outcome") == "suppressed" && field(row.second, "reason") == "known_dead";
  }));
}

TEST(suppression, concerns_only_the_recipients_whose_token_is_dead) {
  virtual_engine engine;
  engine.fcm().answer = dead_or_well;
  send_and_finish(engine, "first", {"dead-1", "a"});
  send_and_finish(engine, "second", {"b", "dead-1", "c", "dead-2"});
  EXPECT_EQ(engine.job_field("second", "delivered"), "2");
  EXPECT_EQ(engine.job_field("second", "suppressed"), "1");
  EXPECT_EQ(engine.job_field("second", "invalid_token"), "1");
  send_and_finish(engine, "ios", {"dead-1"}, platform::ios);
  EXPECT_EQ(engine.job_field("ios", "delivered"), "1") << "another scope's token of the same text lives";
}

TEST(suppression, of_a_token_that_was_well_a_moment_ago_begins_at_once) {
  virtual_engine engine;
  engine.fcm().answer = dead_or_well;
  send_and_finish(engine, "first", {"dead-1"});
  send_and_finish(engine, "well", {"a"});
  engine.fcm().answer = [](const seen_request&) { return scripted_channel::unregistered(); };
  send_and_finish(engine, "dies", {"a"});
  send_and_finish(engine, "last", {"a"});
  EXPECT_EQ(engine.job_field("dies", "invalid_token"), "1");
  EXPECT_EQ(engine.job_field("last", "suppressed"), "1");
}

TEST(suppression, looks_nothing_up_while_no_token_is_suppressed) {
  virtual_engine engine;
  engine.fcm().answer = dead_or_well;
  send_and_finish(engine, "first", {"a", "b", "c"});
  EXPECT_EQ(engine.world().tokens_looked_up, 0u);
  send_and_finish(engine, "dead", {"dead-1"});
  send_and_finish(engine, "second", {"a", "b", "c"});
  EXPECT_EQ(engine.world().tokens_looked_up, 3u);
  send_and_finish(engine, "third", {"a", "b", "c", "dead-1"});
  EXPECT_EQ(engine.world().tokens_looked_up, 3u) << "the answers are remembered";
}

TEST(suppression, is_known_to_every_process) {
  virtual_world world;
  virtual_engine one(world, "one", {});
  virtual_engine two(world, "two", {});
  one.fcm().answer = two.fcm().answer = dead_or_well;
  world.redis->suppressed[token_fingerprint::of("fcm:default", "dead-1")] = world.redis->now + 1h;
  send_and_finish(two, "j", {"dead-1", "a"});
  EXPECT_EQ(two.job_field("j", "suppressed"), "1");
  EXPECT_EQ(world.fcm->ledger.size(), 1u);
}

TEST(suppression, ends_with_its_time) {
  virtual_engine engine([](settings& config) { config.hygiene.suppress_ttl = 10s; });
  engine.fcm().answer = dead_or_well;
  send_and_finish(engine, "first", {"dead-1"});
  engine.run_for(9s);
  send_and_finish(engine, "second", {"dead-1"});
  EXPECT_EQ(engine.fcm().ledger.size(), 1u);
  engine.run_for(2s);
  send_and_finish(engine, "third", {"dead-1"});
  EXPECT_EQ(engine.fcm().ledger.size(), 2u);
}

TEST(suppression, is_off_with_no_time) {
  virtual_engine engine([](settings& config) { config.hygiene.suppress_ttl = 0ms; });
  engine.fcm().answer = dead_or_well;
  send_and_finish(engine, "first", {"dead-1"});
  send_and_finish(engine, "second", {"dead-1"});
  EXPECT_EQ(engine.fcm().ledger.size(), 2u);
  EXPECT_TRUE(engine.world().suppressed.empty());
}

TEST(suppression, counts_from_when_apns_has_known) {
  virtual_engine engine([](settings& config) { config.hygiene.suppress_ttl = 10min; });
  std::chrono::milliseconds ago{0};
  engine.apns().answer = [&](const seen_request& request) {
    const auto since = std::to_string((request.at - ago).count());
    return scripted_channel::status(410, R"({"reason":"Unregistered","timestamp":)" + since + "}");
  };
  ago = 1h;
  send_and_finish(engine, "long-ago", {"a"}, platform::ios);
  EXPECT_TRUE(engine.world().suppressed.empty());
  ago = 9min;
  send_and_finish(engine, "first", {"a"}, platform::ios);
  const auto until = engine.world().suppressed.at(token_fingerprint::of("apns:default", "a"));
  EXPECT_LE(until, engine.world().now + 1min);
  EXPECT_GT(until, engine.world().now + 50s);
}

TEST(suppression, waits_for_a_look_up_that_redis_could_not_answer) {
  virtual_engine engine;
  engine.fcm().answer = dead_or_well;
  send_and_finish(engine, "first", {"dead-1"});
  engine.world().token_look_ups_fail = store_error::code::unavailable;
  send(engine, "second", {"dead-1", "a"});
  send(engine, "third", {"b"});
  engine.run_for(5s);
  EXPECT_EQ(engine.fcm().ledger.size(), 1u) << "nothing is sent unlooked";
  engine.world().token_look_ups_fail.reset();
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 2s));
  EXPECT_EQ(engine.job_field("second", "suppressed"), "1");
  EXPECT_EQ(engine.job_field("second", "delivered"), "1");
  EXPECT_EQ(engine.job_field("third", "delivered"), "1");
}

TEST(suppression, does_not_hold_up_work_for_a_redis_that_refuses_to_say) {
  virtual_engine engine;
  engine.fcm().answer = dead_or_well;
  send_and_finish(engine, "first", {"dead-1"});
  engine.world().token_look_ups_fail = store_error::code::refused;
  send_and_finish(engine, "second", {"dead-2", "a"});
  EXPECT_EQ(engine.fcm().ledger.size(), 3u);
}

TEST(suppression, of_thousands_goes_by_batches_and_reads_no_further_than_it_may) {
  virtual_engine engine;
  engine.fcm().answer = dead_or_well;
  send_and_finish(engine, "first", {"dead-1"});
  engine.world().token_look_ups_fail = store_error::code::unavailable;
  std::vector<std::string> many(9'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = "t" + std::to_string(i);
  many[8'999] = "dead-1";
  for (int i = 0; i < 10; ++i) send(engine, "big-" + std::to_string(i), many);
  engine.run_for(5s);
  EXPECT_GE(engine.depth("jobs"), 5u) << "Redis holds what cannot be looked up";
  EXPECT_LE(engine.world().streams["jobs"].pending.size(), 4u);
  engine.world().token_look_ups_fail.reset();
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 120s));
  EXPECT_EQ(engine.fcm().ledger.size(), 1u + 10 * 8'999);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(engine.job_field("big-" + std::to_string(i), "suppressed"), "1");
}

TEST(suppression, is_forgotten_when_an_operator_says_so) {
  virtual_engine engine;
  engine.fcm().answer = dead_or_well;
  send_and_finish(engine, "first", {"dead-1", "dead-2"});
  engine.world().suppressed.erase(token_fingerprint::of("fcm:default", "dead-1"));
  engine.world().tell({{"kind", "forget"}});
  engine.run_for(100ms);
  send_and_finish(engine, "second", {"dead-1", "dead-2"});
  EXPECT_EQ(engine.fcm().ledger.size(), 3u);
  EXPECT_EQ(engine.job_field("second", "suppressed"), "1");
}

TEST(suppression, does_not_begin_before_the_producer_is_told) {
  virtual_world world;
  auto one = std::make_unique<virtual_engine>(world, "one", [](settings& config) {
    config.engine.lease = 1s;
    config.engine.takeover_scan = 1s;
  });
  one->fcm().answer = dead_or_well;
  world.redis->writes_fail = true;
  one->add(lane::normal, job_document("j", {{platform::android, "dead-1"}}));
  one->run_for(500ms);
  ASSERT_EQ(world.fcm->ledger.size(), 1u);
  const auto buried = one->store();
  one.reset();
  world.redis->writes_fail = false;
  virtual_engine two(world, "two", [](settings& config) { config.engine.takeover_scan = 1s; });
  two.fcm().answer = dead_or_well;
  ASSERT_TRUE(two.run_until([&] { return two.job_field("j", "state") == "done"; }, 10s));
  EXPECT_EQ(two.job_field("j", "invalid_token"), "1");
  EXPECT_EQ(two.depth("tokens"), 1u);
}

TEST(suppressed_until, is_counted_from_when_the_provider_knew_and_is_never_longer) {
  constexpr epoch_ms now{1'000'000};
  EXPECT_EQ(suppressed_until(now, 0ms, 10s), now + 10s);
  EXPECT_EQ(suppressed_until(now, now - 4s, 10s), now + 6s);
  EXPECT_EQ(suppressed_until(now, now - 10s, 10s), 0ms);
  EXPECT_EQ(suppressed_until(now, 1ms, 10s), 0ms);
  EXPECT_EQ(suppressed_until(now, now + 9min, 10s), now + 10s) << "a clock ahead of ours";
  EXPECT_EQ(suppressed_until(now, 0ms, 0s), 0ms);
}

}  // namespace
}  // namespace dispatch
