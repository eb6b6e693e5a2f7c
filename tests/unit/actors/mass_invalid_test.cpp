// A provider that suddenly calls many tokens dead: not believed, held, until an operator decides.

#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

provider_answer every_second_dead(const seen_request& request) {
  return (request.token.back() - '0') % 2 == 1 ? scripted_channel::unregistered()
                                               : scripted_channel::status(200);
}

void send(virtual_engine& engine, const std::string& id, int recipients, const std::string& prefix) {
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < recipients; ++i) to.emplace_back(platform::android, prefix + std::to_string(i));
  engine.add(lane::bulk, job_document(id, to));
}

breaker_record& breaker(virtual_engine& engine) {
  return engine.world().breakers["fcm:default"];
}

bool held(virtual_engine& engine) {
  return breaker(engine).state == "forced_open" && breaker(engine).reason == "mass_invalid";
}

std::uint64_t count(virtual_engine& engine, const std::string& job, const std::string& outcome) {
  return number(engine.job_field(job, outcome));
}

/// As storage/operator/decide.lua does it, but for the tokens.
void decide(virtual_engine& engine, const std::string& decision) {
  engine.world().tell({{"kind", "hygiene"}, {"scope", "fcm:default"}, {"decision", decision}});
  auto& record = breaker(engine);
  record.state = "closed";
  record.reason.clear();
  ++record.version;
  engine.world().tell({{"kind", "breaker"}, {"scope", "fcm:default"}, {"state", "closed"}});
  engine.run_for(1s);
}

/// Some 5,000 recipients, half of them called dead, until the scope is held and everything in flight is over.
void go_wrong(virtual_engine& engine) {
  engine.fcm().answer = every_second_dead;
  send(engine, "wrong", 5'000, "w");
  ASSERT_TRUE(engine.run_until([&] { return held(engine); }, 10s));
  engine.run_for(2s);
}

TEST(mass_invalid, holds_the_scope_and_withholds_what_it_does_not_believe) {
  virtual_engine engine;
  go_wrong(engine);
  const auto sent = engine.fcm().ledger.size();
  EXPECT_LE(sent, 1'000u + 128 + 100) << "a thousand, a batch and a window";
  engine.run_for(10s);
  EXPECT_EQ(engine.fcm().ledger.size(), sent) << "held";
  const auto invalid = count(engine, "wrong", "invalid_token");
  const auto quarantined = count(engine, "wrong", "quarantined");
  EXPECT_LE(invalid, 500u);
  EXPECT_EQ(invalid + quarantined, sent / 2);
  EXPECT_GT(quarantined, 0u);
  EXPECT_EQ(engine.depth("tokens"), invalid) << "the rest is withheld";
  EXPECT_EQ(engine.depth("withheld:fcm:default"), quarantined);
  EXPECT_EQ(engine.world().suppressed.size(), invalid);
  const auto& kept = engine.world().streams["withheld:fcm:default"].entries.begin()->second;
  EXPECT_EQ(field(kept, "reason"), "unregistered");
  EXPECT_GT(number(field(kept, "until")), number(std::to_string(engine.world().now.count())));
  EXPECT_NE(engine.parts().measures->exposition().find(R"(dispatch_mass_invalid{scope="fcm:default"} 1)"),
            std::string::npos);
}

TEST(mass_invalid, leaves_other_scopes_alone) {
  virtual_engine engine;
  go_wrong(engine);
  engine.add(lane::normal, job_document("ios", {{platform::ios, "a"}}));
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("ios", "state") == "done"; }, 5s));
  EXPECT_NE(engine.parts().measures->exposition().find(R"(dispatch_mass_invalid{scope="apns:default"} 0)"),
            std::string::npos);
}

TEST(mass_invalid, goes_on_in_quiet_once_accepted) {
  virtual_engine engine;
  go_wrong(engine);
  decide(engine, "accept");
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("wrong", "state") == "done"; }, 60s));
  EXPECT_EQ(engine.fcm().ledger.size(), 5'000u);
  EXPECT_EQ(count(engine, "wrong", "delivered"), 2'500u);
  EXPECT_EQ(count(engine, "wrong", "invalid_token") + count(engine, "wrong", "quarantined"), 2'500u);
  EXPECT_LE(count(engine, "wrong", "quarantined"), 200u) << "only those that were withheld";
  EXPECT_FALSE(held(engine));
}

TEST(mass_invalid, the_quiet_ends) {
  virtual_engine engine([](settings& config) { config.hygiene.quiet_after_accept = 5s; });
  go_wrong(engine);
  decide(engine, "accept");
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("wrong", "state") == "done"; }, 60s));
  engine.run_for(5s);
  send(engine, "again", 3'000, "x");
  EXPECT_TRUE(engine.run_until([&] { return held(engine); }, 10s));
}

TEST(mass_invalid, counts_anew_once_discarded) {
  virtual_engine engine;
  go_wrong(engine);
  const auto before = engine.depth("tokens");
  decide(engine, "discard");
  ASSERT_TRUE(engine.run_until([&] { return held(engine); }, 10s)) << "still half of them";
  EXPECT_LE(engine.depth("tokens"), before + 500);
  engine.fcm().answer = [](const seen_request&) { return scripted_channel::status(200); };
  decide(engine, "discard");
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("wrong", "state") == "done"; }, 60s));
  EXPECT_FALSE(held(engine));
}

TEST(mass_invalid, is_the_same_for_every_process) {
  virtual_world world;
  virtual_engine one(world, "one", {});
  virtual_engine two(world, "two", [](settings& config) { config.hygiene.suppress_ttl = 0ms; });
  two.fcm().answer = every_second_dead;
  two.fcm().latency = 3s;
  send(two, "late", 10, "l");
  two.run_for(1s);
  ASSERT_EQ(two.fcm().ledger.size(), 10u);
  one.fcm().answer = every_second_dead;
  send(one, "wrong", 3'000, "w");
  for (int i = 0; i < 2'000 && !held(one); ++i) one.run_for(5ms);
  ASSERT_TRUE(held(one));
  two.run_for(5s);
  EXPECT_EQ(count(two, "late", "quarantined"), 5u) << "answered there after it was held here";
}

TEST(mass_invalid, is_known_to_a_process_that_starts_later) {
  virtual_world world;
  auto& record = world.redis->breakers["fcm:default"];
  record.state = "forced_open";
  record.reason = "mass_invalid";
  record.version = 3;
  virtual_engine engine(world, "one", {});
  engine.run_for(1s);
  EXPECT_NE(engine.parts().measures->exposition().find(R"(dispatch_mass_invalid{scope="fcm:default"} 1)"),
            std::string::npos);
  send(engine, "waits", 10, "w");
  engine.run_for(2s);
  EXPECT_TRUE(engine.fcm().ledger.empty());
  decide(engine, "discard");
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("waits", "state") == "done"; }, 5s));
}

TEST(mass_invalid, ends_with_an_operator_who_forces_the_breaker_another_way) {
  virtual_engine engine;
  go_wrong(engine);
  auto& record = breaker(engine);
  record.state = "forced_closed";
  record.reason = "operator";
  ++record.version;
  engine.world().tell({{"kind", "breaker"}, {"scope", "fcm:default"}, {"state", "forced_closed"}});
  engine.fcm().answer = [](const seen_request&) { return scripted_channel::status(200); };
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("wrong", "state") == "done"; }, 60s));
}

TEST(mass_invalid, gets_its_hold_into_redis_though_another_change_was_first) {
  virtual_engine engine;
  engine.fcm().answer = every_second_dead;
  send(engine, "wrong", 1'600, "w");  // too few to trip it twice
  // Another process's change, of which this one has not heard when it decides.
  ASSERT_TRUE(engine.run_until([&] { return engine.fcm().ledger.size() > 500; }, 10s));
  breaker(engine).version = 7;
  breaker(engine).state = "closed";
  ASSERT_TRUE(engine.run_until([&] { return held(engine); }, 10s));
  EXPECT_EQ(breaker(engine).version, 8u);
}

TEST(mass_invalid, believes_any_share_when_told_to) {
  virtual_engine engine([](settings& config) { config.hygiene.max_dead_share = 1.0; });
  engine.fcm().answer = every_second_dead;
  send(engine, "wrong", 5'000, "w");
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("wrong", "state") == "done"; }, 60s));
  EXPECT_EQ(count(engine, "wrong", "invalid_token"), 2'500u);
  EXPECT_EQ(engine.depth("tokens"), 2'500u);
}

}  // namespace
}  // namespace dispatch
