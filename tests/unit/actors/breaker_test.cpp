#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

std::size_t count_status(const scripted_channel& channel, int status) {
  return static_cast<std::size_t>(std::count_if(channel.ledger.begin(), channel.ledger.end(),
                                                [&](const auto& row) { return row.status == status; }));
}

void add_singles(virtual_engine& engine, platform on, int count, const std::string& prefix) {
  for (int i = 0; i < count; ++i) {
    engine.add(lane::normal, job_document("", {{on, prefix + std::to_string(i)}}));
  }
}

// In flight at most a window (100) when the breaker opens on the 20th counted answer.
constexpr std::size_t window_and_sample = 100 + 20;

TEST(breaker, a_provider_that_dies_after_health_is_left_alone_and_everything_is_delivered_when_it_heals) {
  virtual_engine engine;
  bool dead = false;
  engine.fcm().answer = [&](const seen_request&) { return scripted_channel::status(dead ? 503 : 200); };
  for (int second = 0; second < 60; ++second) {
    add_singles(engine, platform::android, 5, "h" + std::to_string(second) + "-");
    engine.run_for(1s);
  }
  ASSERT_EQ(engine.fcm().ledger.size(), 300u);
  dead = true;
  add_singles(engine, platform::android, 2'000, "d");
  ASSERT_TRUE(engine.run_until([&] { return engine.world().breakers["fcm:default"].state == "open"; }, 5s));
  engine.run_for(2s);
  EXPECT_LE(count_status(engine.fcm(), 503), window_and_sample);
  const auto before = engine.fcm().ledger.size();
  engine.run_for(25s);
  EXPECT_EQ(engine.fcm().ledger.size(), before) << "while open nothing is sent";
  EXPECT_EQ(engine.depth("jobs"), 0u) << "reading goes on";
  engine.run_for(10s);
  EXPECT_EQ(engine.fcm().ledger.size(), before + 3) << "three probes";
  dead = false;
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 200s));
  EXPECT_EQ(count_status(engine.fcm(), 200), 2'300u);
  EXPECT_EQ(engine.depth("dead"), 0u);
}

TEST(breaker, opens_from_a_cold_start_too) {
  virtual_engine engine;
  engine.fcm().answer = [](const seen_request&) { return scripted_channel::status(503); };
  add_singles(engine, platform::android, 500, "t");
  ASSERT_TRUE(engine.run_until([&] { return engine.world().breakers["fcm:default"].state == "open"; }, 5s));
  engine.run_for(5s);
  EXPECT_LE(engine.fcm().ledger.size(), window_and_sample);
  EXPECT_EQ(engine.depth("dead"), 0u);
}

TEST(breaker, one_scopes_open_breaker_holds_up_no_other) {
  virtual_engine engine;
  engine.fcm().answer = [](const seen_request&) { return scripted_channel::status(503); };
  add_singles(engine, platform::android, 500, "t");
  ASSERT_TRUE(engine.run_until([&] { return engine.world().breakers["fcm:default"].state == "open"; }, 5s));
  add_singles(engine, platform::android, 20'000, "u");
  add_singles(engine, platform::ios, 100, "i");
  ASSERT_TRUE(engine.run_until([&] { return engine.apns().ledger.size() == 100; }, 10s));
}

TEST(breaker, a_known_open_breaker_is_respected_from_the_start) {
  virtual_engine engine([](settings&) {});
  breaker_record record;
  record.state = "open";
  record.opened_at = engine.world().now;
  record.retry_at = engine.world().now + 30s;
  record.open_for = 30s;
  record.version = 7;
  engine.world().breakers["fcm:default"] = record;
  engine.world().tell({{"kind", "breaker"}, {"scope", "fcm:default"}});
  engine.run_for(1s);
  add_singles(engine, platform::android, 10, "t");
  engine.run_for(20s);
  EXPECT_TRUE(engine.fcm().ledger.empty());
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 60s));
  EXPECT_EQ(engine.fcm().ledger.size(), 10u);
}

TEST(breaker, a_token_error_counts_neither_way) {
  virtual_engine engine;
  engine.apns().answer = [](const seen_request&) {
    return scripted_channel::status(400, R"({"reason":"BadDeviceToken"})");
  };
  add_singles(engine, platform::ios, 200, "t");
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 5s));
  EXPECT_EQ(engine.apns().ledger.size(), 200u);
  EXPECT_NE(engine.world().breakers["apns:default"].state, "open");
}

TEST(breaker, a_round_whose_owner_died_is_taken_up_by_whoever_is_there) {
  virtual_engine engine;
  breaker_record record;
  record.state = "half_open";
  record.opened_at = engine.world().now - 30s;
  record.open_for = 30s;
  record.version = 7;
  engine.world().breakers["fcm:default"] = record;
  engine.world().tell({{"kind", "breaker"}, {"scope", "fcm:default"}});
  engine.run_for(100ms);
  add_singles(engine, platform::android, 10, "t");
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 60s));
  EXPECT_EQ(engine.world().breakers["fcm:default"].state, "closed");
}

TEST(breaker, opens_and_closes_again_after_redis_forgot_an_old_closed_record) {
  virtual_engine engine;
  bool dead = true;
  engine.fcm().answer = [&](const seen_request&) { return scripted_channel::status(dead ? 503 : 200); };
  for (int outage = 0; outage < 2; ++outage) {
    dead = true;
    add_singles(engine, platform::android, 100, "o" + std::to_string(outage) + "-");
    ASSERT_TRUE(engine.run_until([&] { return engine.world().breakers["fcm:default"].state == "open"; }, 5s));
    dead = false;
    ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 120s)) << "outage " << outage;
    engine.world().breakers.erase("fcm:default");  // a closed record lapses after a day
  }
  EXPECT_EQ(count_status(engine.fcm(), 200), 200u);
}

TEST(breaker, probes_spent_on_expired_items_come_back) {
  virtual_engine engine;
  bool dead = true;
  engine.fcm().answer = [&](const seen_request&) { return scripted_channel::status(dead ? 503 : 200); };
  const auto soon = engine.world().now / 1s + 10;
  for (int i = 0; i < 300; ++i) {
    engine.add(lane::normal, job_document("", {{platform::android, "x" + std::to_string(i)}},
                                          "\"expires_at\":" + std::to_string(soon) + ","));
  }
  add_singles(engine, platform::android, 50, "t");
  ASSERT_TRUE(engine.run_until([&] { return engine.world().breakers["fcm:default"].state == "open"; }, 5s));
  dead = false;
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 90s));
}

std::string expiring(virtual_engine& engine, std::chrono::seconds in) {
  return "\"expires_at\":" + std::to_string((engine.world().now + in) / 1s) + ",";
}

std::vector<std::pair<platform, std::string>> fifty(const std::string& prefix) {
  std::vector<std::pair<platform, std::string>> to;
  for (int i = 0; i < 50; ++i) to.emplace_back(platform::android, prefix + std::to_string(i));
  return to;
}

TEST(breaker, what_expires_while_it_is_open_ends_then_and_not_when_it_closes) {
  virtual_engine engine([](settings& config) { config.breaker.open_for = 600s; });
  bool dead = true;
  engine.fcm().answer = [&](const seen_request&) { return scripted_channel::status(dead ? 503 : 200); };
  add_singles(engine, platform::android, 50, "t");
  ASSERT_TRUE(engine.run_until([&] { return engine.world().breakers["fcm:default"].state == "open"; }, 5s));
  engine.add(lane::normal, job_document("late", fifty("l"), expiring(engine, 40s)));
  engine.add(lane::normal, job_document("soon", fifty("s"), expiring(engine, 10s)));
  engine.add(lane::bulk, job_document("never", fifty("n")));
  engine.run_for(8s);
  const auto of = [&](const std::string& job) -> field_map& {
    return engine.world().hashes["job:default:" + job];
  };
  EXPECT_EQ(of("soon").count("expired"), 0u);
  engine.run_for(4s);
  EXPECT_EQ(of("soon")["state"], "done");
  EXPECT_EQ(of("soon")["expired"], "50");
  EXPECT_EQ(of("late").count("expired"), 0u);
  engine.run_for(30s);
  EXPECT_EQ(of("late")["state"], "done");
  EXPECT_EQ(of("late")["expired"], "50");
  EXPECT_NE(of("never")["state"], "done");
  EXPECT_EQ(engine.world().breakers["fcm:default"].state, "open");
  dead = false;
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 1'000s));
  EXPECT_EQ(of("never")["delivered"], "50");
  EXPECT_EQ(engine.depth("dead"), 0u);
}

TEST(breaker, what_another_process_left_to_expire_is_found) {
  virtual_engine engine;
  breaker_record record;
  record.state = "open";
  record.opened_at = engine.world().now;
  record.retry_at = engine.world().now + 600s;
  record.open_for = 600s;
  record.version = 7;
  engine.world().breakers["fcm:default"] = record;
  engine.world().tell({{"kind", "breaker"}, {"scope", "fcm:default"}});
  engine.run_for(100ms);
  parked rest;
  rest.to = {lane::normal, "fcm:default"};
  for (int i = 0; i < 200; ++i) {
    rest.document = job_document("", {{platform::android, "p" + std::to_string(i)}},
                                 expiring(engine, i < 100 ? 3s : 900s));
    engine.world().park(rest);
  }
  engine.parts().intake.send(lapsed_consumers{{"another"}});
  engine.run_for(8s);
  EXPECT_EQ(engine.depth("wait:fcm:default:normal"), 100u);
  EXPECT_TRUE(engine.fcm().ledger.empty());
}

TEST(breaker, a_probe_that_meets_a_devices_limit_waits_as_it_was_told) {
  virtual_engine engine;
  bool dead = true;
  engine.apns().answer = [&](const seen_request&) {
    return dead ? scripted_channel::status(503)
                : scripted_channel::status(429, R"({"reason":"TooManyRequests"})", "60");
  };
  add_singles(engine, platform::ios, 30, "t");
  ASSERT_TRUE(engine.run_until([&] { return engine.world().breakers["apns:default"].state == "open"; }, 5s));
  dead = false;
  const auto before = engine.apns().ledger.size();
  engine.run_for(40s);
  EXPECT_LE(engine.apns().ledger.size(), before + 30) << "each device is asked once and then left alone";
}

TEST(breaker, stays_open_ever_longer_while_no_connection_can_be_made) {
  virtual_engine engine([](settings& config) {
    config.breaker.open_for = 1s;
    config.breaker.open_for_max = 60s;
  });
  engine.fcm().answer = [&](const seen_request&) {
    engine.parts().supervisor.send(channel_event{0, true});
    provider_answer unreached;
    unreached.failure = send_failure::not_sent;
    return unreached;
  };
  add_singles(engine, platform::android, 20, "t");
  ASSERT_TRUE(engine.run_until([&] { return engine.world().breakers["fcm:default"].state == "open"; }, 10s));
  const auto before = engine.fcm().ledger.size();
  engine.run_for(60s);
  EXPECT_EQ(engine.world().breakers["fcm:default"].state, "open");
  // Six rounds or so: after 1, 2, 4, 8, 16 and 32 seconds.
  EXPECT_LE(engine.fcm().ledger.size() - before, 8 * engine.parts().config->breaker.probes);
  engine.fcm().answer = [](const seen_request&) { return scripted_channel::status(200); };
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 300s));
  EXPECT_EQ(engine.depth("dead"), 0u);
}

TEST(breaker, late_answers_do_not_decide_a_half_open_round) {
  virtual_engine engine([](settings& config) { config.breaker.open_for = 1s; });
  bool dead = true;
  engine.fcm().latency = 3s;
  engine.fcm().answer = [&](const seen_request& request) {
    return scripted_channel::status(dead && request.token[0] == 'd' ? 503 : 200);
  };
  add_singles(engine, platform::android, 60, "d");
  engine.run_for(2s);
  add_singles(engine, platform::android, 40, "slow");
  ASSERT_TRUE(
      engine.run_until([&] { return engine.world().breakers["fcm:default"].state == "half_open"; }, 20s));
  dead = false;
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 300s));
  EXPECT_EQ(engine.depth("dead"), 0u);
}

// Redis loses a breaker's record, or somebody writes nonsense into it.
class lost_record : public ::testing::TestWithParam<std::function<void(fake_world&)>> {};

TEST_P(lost_record, of_a_half_open_breaker_is_stored_again_and_the_round_goes_on) {
  virtual_engine engine;
  bool dead = true;
  engine.fcm().answer = [&](const seen_request&) { return scripted_channel::status(dead ? 503 : 200); };
  add_singles(engine, platform::android, 300, "t");
  ASSERT_TRUE(engine.run_until([&] { return engine.world().breakers["fcm:default"].state == "open"; }, 5s));
  engine.run_for(5s);
  // Of a process that is gone: all probes are taken, and the record of that is lost.
  breaker_record record = engine.world().breakers["fcm:default"];
  record.state = "half_open";
  ++record.version;
  engine.world().breakers["fcm:default"] = record;
  engine.world().probes["fcm:default"] = {3, engine.world().now};
  engine.world().tell({{"kind", "breaker"}, {"scope", "fcm:default"}});
  engine.run_for(1s);
  GetParam()(engine.world());
  dead = false;
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 60s));
  EXPECT_EQ(engine.world().breakers["fcm:default"].state, "closed");
}

INSTANTIATE_TEST_SUITE_P(
    breaker, lost_record,
    ::testing::Values([](fake_world&) {},  // only the probes' process is gone
                      [](fake_world& world) { world.breakers.erase("fcm:default"); },
                      [](fake_world& world) { world.breakers["fcm:default"].state = "banana"; },
                      [](fake_world& world) { world.breakers["fcm:default"].version = 0; }));

TEST(breaker, forced_open_outlives_the_loss_of_its_record) {
  virtual_engine engine;
  breaker_record record;
  record.state = "forced_open";
  record.version = 3;
  engine.world().breakers["fcm:default"] = record;
  engine.world().tell({{"kind", "breaker"}, {"scope", "fcm:default"}});
  engine.run_for(2s);
  engine.world().breakers.erase("fcm:default");
  engine.run_for(5s);
  EXPECT_EQ(engine.world().breakers["fcm:default"].state, "forced_open");
}

}  // namespace
}  // namespace dispatch
