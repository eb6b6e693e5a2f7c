#include <gtest/gtest.h>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

void serve_nothing(settings& config) {
  config.platforms.served_by = {};
}

void serve_webhooks_alone(settings& config) {
  config.platforms.served_by = {};
  config.platforms.served_by[index_of(platform::webhook)] = provider::webhook;
}

TEST(start, without_any_provider) {
  virtual_engine engine(serve_nothing);
  EXPECT_TRUE(engine.run_until([&] { return engine.ready; }, 1s));
  EXPECT_EQ(engine.missing, "");
  engine.add(lane::normal, job_document("j", {{platform::android, "a"}, {platform::ios, "b"}}));
  EXPECT_TRUE(engine.run_until([&] { return engine.job_field("j", "state") == "done"; }, 5s));
  EXPECT_EQ(engine.job_field("j", "failed"), "2") << "no_provider, and said so";
}

TEST(start, with_scopes_by_origin_alone) {
  virtual_engine engine(serve_webhooks_alone);
  EXPECT_TRUE(engine.run_until([&] { return engine.ready; }, 1s));
  engine.add(lane::normal, webhook_document("j", {"https://a.example/x", "https://b.example/y"}));
  EXPECT_TRUE(engine.run_until([&] { return engine.job_field("j", "state") == "done"; }, 5s));
  EXPECT_EQ(engine.job_field("j", "delivered"), "2");
}

TEST(start, waits_for_the_lease_also_where_no_breaker_is_loaded) {
  virtual_world world;
  world.redis->available = false;
  virtual_engine engine(world, "engine-1", serve_nothing);
  engine.run_for(2s);
  EXPECT_FALSE(engine.ready);
  EXPECT_TRUE(engine.missing.starts_with("no lease: ")) << engine.missing;
  world.redis->available = true;
  EXPECT_TRUE(engine.run_until([&] { return engine.ready; }, 2s));
  EXPECT_EQ(engine.missing, "");
}

}  // namespace
}  // namespace dispatch
