// Recipients that live at hosts of their own: each origin is a scope that comes into being while the engine
// runs, and what one host does is no other's affair.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

void with_webhooks(settings& config) {
  config.platforms.served_by[index_of(platform::webhook)] = provider::webhook;
}

std::string host(int number) {
  return "https://h" + std::to_string(number) + ".example";
}

/// So many URLs, `per_host` in a row at each host.
std::vector<std::string> urls(int count, int per_host = 1) {
  std::vector<std::string> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) out.push_back(host(i / per_host) + "/in/" + std::to_string(i));
  return out;
}

provider_answer no_answer() {
  provider_answer answer;
  answer.failure = send_failure::timeout;
  return answer;
}

/// As a host that accepts nothing looks from here: requests end when their time is over.
void hang(scripted_channel& way) {
  way.latency = 15s;
  way.answer = [](const seen_request&) { return no_answer(); };
}

class origins : public ::testing::Test {
 protected:
  std::unique_ptr<virtual_engine> start(const std::string& consumer = "engine-1",
                                        std::function<void(settings&)> more = {}) {
    auto engine = std::make_unique<virtual_engine>(world, consumer, [&](settings& config) {
      with_webhooks(config);
      if (more) more(config);
    });
    engine->on_origin = [this](const std::string& origin, scripted_channel& way) {
      if (hanging.contains(origin)) hang(way);
    };
    return engine;
  }
  std::size_t sent_to(const std::string& origin) const {
    const auto& rows = world.webhook->ledger;
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const seen_request& row) {
      return row.path.starts_with(origin + "/");
    }));
  }
  static std::string waiting(const std::string& origin) {
    return "wait:webhook:default:" + origin + ":normal";
  }

  virtual_world world;
  std::set<std::string> hanging;
};

TEST_F(origins, each_is_a_scope_made_when_it_is_first_needed) {
  auto engine = start();
  EXPECT_EQ(engine->origins(), 0u);
  engine->add(lane::normal, webhook_document("j", urls(30, 10)));
  ASSERT_TRUE(engine->run_until([&] { return engine->idle(); }, 5s));
  EXPECT_EQ(engine->origins(), 3u);
  EXPECT_EQ(engine->job_field("j", "delivered"), "30");
  EXPECT_EQ(engine->webhooks().size(), 30u);
  engine->add(lane::high, webhook_document("k", urls(30, 10)));
  ASSERT_TRUE(engine->run_until([&] { return engine->idle(); }, 5s));
  EXPECT_EQ(engine->origins(), 3u);
}

TEST_F(origins, a_target_that_is_no_url_ends_alone) {
  auto engine = start();
  const std::string too_long = "https://" + std::string(400, 'h') + ".example/x";
  engine->add(lane::normal, webhook_document("j", {"https://user@h.example/x", too_long, host(1) + "/ok"}));
  ASSERT_TRUE(engine->run_until([&] { return engine->idle(); }, 5s));
  EXPECT_EQ(engine->job_field("j", "failed"), "2");
  EXPECT_EQ(engine->job_field("j", "delivered"), "1");
  EXPECT_EQ(engine->origins(), 1u);
}

TEST_F(origins, a_dead_one_costs_the_other_nothing) {
  const auto time_of_live_one = [&](bool beside_a_dead_one) {
    world = {};
    hanging.clear();
    if (beside_a_dead_one) hanging.insert(host(0));
    auto engine = start();
    // Turn and turn about in one lane, so that whoever waits for the dead one waits for ever.
    for (int i = 0; i < 40; ++i) {
      engine->add(lane::normal, webhook_document("", std::vector<std::string>(100, host(0) + "/x")));
      engine->add(lane::normal, webhook_document("", std::vector<std::string>(100, host(1) + "/y")));
    }
    const auto begun = world.time->wall();
    EXPECT_TRUE(engine->run_until([&] { return sent_to(host(1)) == 4'000; }, 60s));
    return world.time->wall() - begun;
  };
  const auto alone = time_of_live_one(false);
  const auto beside = time_of_live_one(true);
  EXPECT_LE(beside, alone * 100 / 95) << alone.count() << " ms without a dead one";
}

TEST_F(origins, hundreds_of_dead_ones_hold_up_neither_the_lane_nor_a_live_one) {
  for (int i = 0; i < 200; ++i) hanging.insert(host(i));
  auto engine = start();
  for (int i = 0; i < 200; ++i) {
    engine->add(lane::normal, webhook_document("", std::vector<std::string>(200, host(i) + "/x")));
  }
  engine->add(lane::normal, webhook_document("live", std::vector<std::string>(1'000, host(999) + "/y")));
  engine->add(lane::normal, job_document("other", {{platform::android, "a"}}));
  ASSERT_TRUE(engine->run_until(
      [&] { return engine->job_field("live", "delivered") == "1000" && engine->fcm().ledger.size() == 1; },
      8s));
  for (int i = 0; i < 200; ++i) ASSERT_LE(sent_to(host(i)), 8u) << host(i);
}

TEST_F(origins, a_breaker_that_opens_is_ones_own_and_its_work_is_sent_later) {
  auto engine = start();
  bool down = true;
  engine->on_origin = [&](const std::string& origin, scripted_channel& way) {
    if (origin != host(0)) return;
    way.answer = [&down](const seen_request&) { return scripted_channel::status(down ? 503 : 200); };
  };
  engine->add(lane::normal, webhook_document("bad", std::vector<std::string>(500, host(0) + "/x")));
  engine->add(lane::normal, webhook_document("good", std::vector<std::string>(500, host(1) + "/y")));
  ASSERT_TRUE(engine->run_until([&] { return engine->job_field("good", "delivered") == "500"; }, 10s));
  engine->run_for(5s);
  EXPECT_EQ(world.redis->breakers["webhook:default:" + host(0)].state, "open");
  EXPECT_FALSE(world.redis->breakers.contains("webhook:default:" + host(1)) &&
               world.redis->breakers["webhook:default:" + host(1)].state == "open");
  EXPECT_LE(sent_to(host(0)), 40u);
  down = false;
  ASSERT_TRUE(engine->run_until([&] { return engine->idle(); }, 120s));
  EXPECT_EQ(engine->job_field("bad", "delivered"), "500");
}

TEST_F(origins, one_whose_breaker_is_open_in_redis_is_sent_nothing_from_the_start) {
  auto& stored = world.redis->breakers["webhook:default:" + host(0)];
  stored.state = "forced_open";
  stored.version = 1;
  auto engine = start();
  engine->add(lane::normal, webhook_document("j", urls(20, 10)));
  engine->run_for(5s);
  EXPECT_EQ(sent_to(host(0)), 0u);
  EXPECT_EQ(sent_to(host(1)), 10u);
  EXPECT_EQ(engine->depth("jobs"), 0u);
  EXPECT_GE(engine->depth(waiting(host(0))), 1u);
}

TEST_F(origins, what_waits_for_one_is_found_by_the_next_process) {
  world.redis->breakers["webhook:default:" + host(0)] = {"forced_open", 0, {}, {}, {}, {}, 1};
  auto engine = start();
  engine->add(lane::normal, webhook_document("j", std::vector<std::string>(100, host(0) + "/x")));
  engine->run_for(2s);
  ASSERT_GE(engine->depth(waiting(host(0))), 1u);
  auto store = engine->store();
  engine.reset();
  world.redis->breakers["webhook:default:" + host(0)] = {"closed", 0, {}, {}, {}, {}, 2};
  engine = start("engine-2");
  ASSERT_TRUE(engine->run_until([&] { return engine->job_field("j", "delivered") == "100"; }, 45s));
  EXPECT_EQ(sent_to(host(0)), 100u);
  EXPECT_EQ(engine->origins(), 1u);
}

TEST_F(origins, one_that_asks_for_quiet_is_left_alone_for_that_time_and_goes_on_after_it) {
  auto engine = start();
  bool busy = true;
  engine->on_origin = [&](const std::string& origin, scripted_channel& way) {
    if (origin != host(0)) return;
    way.answer = [&busy](const seen_request&) {
      return busy ? scripted_channel::status(429, {}, "3") : scripted_channel::status(200);
    };
  };
  engine->add(lane::normal, webhook_document("j", urls(400, 200)));
  ASSERT_TRUE(engine->run_until([&] { return sent_to(host(1)) == 200; }, 5s));
  const auto before = sent_to(host(0));
  busy = false;
  engine->run_for(1s);
  EXPECT_EQ(sent_to(host(0)), before);
  ASSERT_TRUE(engine->run_until([&] { return engine->job_field("j", "delivered") == "400"; }, 20s));
}

TEST_F(origins, of_one_tenant_leave_room_for_anothers_and_wait_for_room_themselves) {
  auto engine = start();
  constexpr int hosts = 4'200;
  engine->add(lane::normal, webhook_document("many", urls(hosts), R"("tenant":"a",)"));
  engine->run_for(500ms);
  EXPECT_LE(engine->origins(), scope_table::max_origins / 2);
  EXPECT_EQ(engine->depth("dead"), 0u);
  engine->add(lane::normal, webhook_document("one", {"https://new.example/x"}, R"("tenant":"b",)"));
  ASSERT_TRUE(engine->run_until([&] { return engine->job_field("one", "delivered", "b") == "1"; }, 1s));
  ASSERT_TRUE(engine->run_until([&] { return engine->idle(); }, 120s));
  EXPECT_EQ(engine->job_field("many", "delivered", "a"), std::to_string(hosts));
  EXPECT_EQ(engine->webhooks().size(), hosts + 1u) << "each once";
  for (const auto& row : engine->webhooks()) ASSERT_EQ(row.attempt, 1u);
}

TEST_F(origins, more_than_there_are_numbers_are_served_in_turns) {
  auto engine = start();
  constexpr int jobs = 5, hosts = 2'500;
  for (int job = 0; job < jobs; ++job) {
    std::vector<std::string> to;
    to.reserve(hosts);
    for (int i = 0; i < hosts; ++i) to.push_back(host(job * hosts + i) + "/x");
    engine->add(lane::normal, webhook_document("j" + std::to_string(job), to));
  }
  ASSERT_TRUE(engine->run_until([&] { return engine->idle(); }, 300s));
  for (int job = 0; job < jobs; ++job)
    EXPECT_EQ(engine->job_field("j" + std::to_string(job), "delivered"), std::to_string(hosts));
  EXPECT_EQ(engine->webhooks().size(), std::size_t{jobs} * hosts);
  EXPECT_LE(engine->parts().scopes.size(), scope_table::max_origins);
}

// Nothing of a host whose breaker is open is in memory, so it can give its place away.
TEST_F(origins, whose_breaker_is_open_hold_no_places_and_are_sent_to_when_it_closes) {
  constexpr int hosts = 2'300;
  for (int i = 0; i < hosts; ++i)
    world.redis->breakers["webhook:default:" + host(i)] = {"forced_open", 0, {}, {}, {}, {}, 1};
  auto engine = start();
  engine->add(lane::normal, webhook_document("down", urls(hosts), R"("tenant":"a",)"));
  engine->run_for(8s);
  EXPECT_EQ(engine->webhooks().size(), 0u);
  EXPECT_LE(engine->parts().scopes.in_use(), 1'000u) << "they have made room";
  engine->add(lane::normal, webhook_document("one", {"https://new.example/x"}, R"("tenant":"b",)"));
  ASSERT_TRUE(engine->run_until([&] { return engine->job_field("one", "delivered", "b") == "1"; }, 2s));
  for (int i = 0; i < hosts; ++i)
    world.redis->breakers["webhook:default:" + host(i)] = {"closed", 0, {}, {}, {}, {}, 2};
  ASSERT_TRUE(engine->run_until([&] { return engine->idle(); }, 120s));
  EXPECT_EQ(engine->job_field("down", "delivered", "a"), std::to_string(hosts));
  EXPECT_EQ(engine->webhooks().size(), hosts + 1u);
}

/// While it lives, messages of one actor throw before they are handled, so many times.
class failing_actor {
 public:
  failing_actor(std::string actor, int times) : left_(times) {
    before_handling() = [this, actor = std::move(actor)](const std::string& name) {
      if (name != actor || left_ == 0) return;
      --left_;
      throw std::runtime_error("injected");
    };
  }
  ~failing_actor() { before_handling() = nullptr; }
  int left() const { return left_; }

 private:
  int left_;
};

class origins_with_crashes : public origins, public ::testing::WithParamInterface<std::string> {};

TEST_P(origins_with_crashes, come_into_being_and_nothing_is_lost_or_repeated) {
  auto engine = start();
  failing_actor failing(GetParam(), 4);
  for (int job = 0; job < 20; ++job) {
    std::vector<std::string> to;
    to.reserve(50);
    for (int i = 0; i < 50; ++i) to.push_back(host(job * 50 + i) + "/x");
    engine->add(lane::normal, webhook_document("j" + std::to_string(job), to));
    engine->run_for(50ms);
  }
  ASSERT_TRUE(engine->run_until([&] { return failing.left() == 0 && engine->idle(); }, 60s));
  EXPECT_EQ(engine->webhooks().size(), 1'000u);
  EXPECT_EQ(engine->origins(), 1'000u);
  EXPECT_FALSE(engine->ended.has_value());
}

INSTANTIATE_TEST_SUITE_P(origins, origins_with_crashes,
                         ::testing::Values("intake", "tracker", "sender_webhook"));

TEST_F(origins, are_drained_like_apps) {
  hanging.insert(host(0));
  auto engine = start();
  engine->add(lane::normal, webhook_document("j", urls(400, 200)));
  engine->run_for(100ms);
  const_cast<engine_parts&>(engine->parts()).supervisor.send_urgent(drain{});
  ASSERT_TRUE(engine->run_until([&] { return engine->ended.has_value(); }, 30s));
  EXPECT_EQ(*engine->ended, 0);
  engine.reset();
  hanging.clear();
  engine = start("engine-2");
  ASSERT_TRUE(engine->run_until([&] { return engine->idle(); }, 60s));
  EXPECT_EQ(engine->job_field("j", "delivered"), "400");
}

TEST(added_app, serves_from_the_next_job_on) {
  virtual_engine engine;
  engine.run_for(100ms);
  const auto document = [](const std::string& id) {
    return job_document(id, {{platform::android, "a"}}, R"("app":"second",)");
  };
  engine.add(lane::normal, document("before"));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 5s));
  EXPECT_EQ(engine.job_field("before", "failed"), "1");
  engine.add_app("second");
  engine.add(lane::normal, document("after"));
  ASSERT_TRUE(engine.run_until([&] { return engine.idle(); }, 5s));
  EXPECT_EQ(engine.job_field("after", "delivered"), "1");
}

TEST(added_app, takes_up_what_waited_for_it_in_redis) {
  virtual_world world;
  {
    virtual_engine earlier(world, "engine-1", {});
    earlier.add_app("second");
    world.redis->breakers["fcm:second"] = {"forced_open", 0, {}, {}, {}, {}, 1};
    earlier.add(lane::normal, job_document("j", {{platform::android, "a"}}, R"("app":"second",)"));
    earlier.run_for(3s);
    ASSERT_EQ(earlier.depth("wait:fcm:second:normal"), 1u);
  }
  world.redis->breakers["fcm:second"] = {"closed", 0, {}, {}, {}, {}, 2};
  virtual_engine engine(world, "engine-2", {});
  engine.run_for(5s);
  EXPECT_EQ(engine.depth("wait:fcm:second:normal"), 1u) << "left alone while there is no such app";
  engine.add_app("second");
  ASSERT_TRUE(engine.run_until([&] { return engine.job_field("j", "delivered") == "1"; }, 10s));
}

TEST(retired_app, gets_nothing_new_and_keeps_what_waits) {
  virtual_world world;
  virtual_engine engine(world, "engine-1", {});
  world.redis->breakers["fcm:default"] = {"forced_open", 0, {}, {}, {}, {}, 1};
  world.redis->tell({{"kind", "breaker"}, {"scope", "fcm:default"}});
  engine.run_for(1s);
  engine.add(lane::normal, job_document("waits", {{platform::android, "a"}}));
  engine.run_for(1s);
  engine.retire_app(provider::fcm, "default");
  world.redis->breakers["fcm:default"] = {"closed", 0, {}, {}, {}, {}, 2};
  world.redis->tell({{"kind", "breaker"}, {"scope", "fcm:default"}});
  engine.add(lane::normal, job_document("new", {{platform::android, "b"}, {platform::ios, "c"}}));
  engine.run_for(5s);
  EXPECT_EQ(engine.job_field("new", "failed"), "1");
  EXPECT_EQ(engine.job_field("new", "delivered"), "1");
  EXPECT_EQ(engine.depth("wait:fcm:default:normal"), 1u);
  EXPECT_TRUE(engine.fcm().ledger.empty());
}

}  // namespace
}  // namespace dispatch
