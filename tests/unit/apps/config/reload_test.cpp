#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dispatchd/config/config.hpp"
#include "apps/dispatchd/config/registry.hpp"

namespace dispatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

settings with_apps() {
  settings made;
  made.fcm.emplace_back().service_account_file = "old.json";
  made.apns.emplace_back().key_file = "old.p8";
  return made;
}

TEST(keys_needing_restart, names_what_a_reload_cannot_change) {
  settings before, after;
  before.fcm.emplace_back();
  after.fcm.emplace_back().rate = 100;
  after.log.level = "debug";
  after.breaker.probes = 7;
  EXPECT_THAT(keys_needing_restart(before, after), ElementsAre());
  after.engine.io_threads = 2;
  after.fcm[0].endpoint = "https://localhost";
  EXPECT_THAT(keys_needing_restart(before, after), ElementsAre("engine.io_threads", "fcm.default.endpoint"));
}

TEST(reloaded, takes_limits_retries_breaker_results_log_and_credentials) {
  const auto before = with_apps();
  auto after = before;
  after.retry.attempts = 2;
  after.retry.budget_ratio = 0.5;
  after.breaker.failures = 3;
  after.limits.tenant_rate = 12;
  after.results.level = results_level::all;
  after.log.level = "debug";
  after.log.file = "/tmp/other.log";
  after.fcm[0].rate = 99;
  after.fcm[0].burst = 9;
  after.fcm[0].service_account_file = "new.json";
  after.apns[0].key_file = "new.p8";
  after.apns[0].key_id = "KEY";
  after.apns[0].team_id = "TEAM";
  EXPECT_THAT(keys_needing_restart(before, after), IsEmpty());
  EXPECT_EQ(print_config(reloaded(before, after), {}), print_config(after, {}));
}

TEST(reloaded, keeps_the_old_value_of_what_needs_a_restart) {
  const auto before = with_apps();
  auto after = before;
  after.engine.max_in_flight = 1;
  after.redis.name_space = "other";
  after.platforms.served_by[0] = std::nullopt;
  after.fcm[0].endpoint = "https://localhost";
  after.fcm[0].project_id = "other";
  after.apns[0].topic = "other";
  after.retry.attempts = 2;
  const auto now = reloaded(before, after);
  EXPECT_EQ(now.retry.attempts, 2u);
  auto expected = before;
  expected.retry.attempts = 2;
  EXPECT_EQ(print_config(now, {}), print_config(expected, {}));
  EXPECT_THAT(keys_needing_restart(before, after),
              ElementsAre("redis.namespace", "engine.max_in_flight", "platforms.android",
                          "fcm.default.project_id", "fcm.default.endpoint", "apns.default.topic"));
}

TEST(reloaded, apps_come_and_go_and_those_that_stay_keep_what_needs_a_restart) {
  const auto before = with_apps();
  auto after = before;
  after.fcm[0].endpoint = "https://localhost";
  after.fcm[0].rate = 7;
  after.fcm.emplace_back().app = "second";
  after.fcm[1].endpoint = "https://127.0.0.1";
  after.apns.clear();
  const auto now = reloaded(before, after);
  ASSERT_EQ(now.fcm.size(), 2u);
  EXPECT_EQ(now.fcm[0].endpoint, before.fcm[0].endpoint);
  EXPECT_EQ(now.fcm[0].rate, 7);
  EXPECT_EQ(now.fcm[1], after.fcm[1]);
  EXPECT_TRUE(now.apns.empty());
  EXPECT_THAT(keys_needing_restart(before, after), ElementsAre("fcm.default.endpoint"));
}

TEST(reloaded, every_live_key_can_be_copied) {
  // A key that is marked live and has no copy would be taken up in print only.
  for (const auto& key : config::setting_keys()) EXPECT_TRUE(key.copy) << key.name;
  for (const auto& key : config::fcm_keys()) EXPECT_TRUE(key.copy) << key.name;
  for (const auto& key : config::apns_keys()) EXPECT_TRUE(key.copy) << key.name;
}

}  // namespace
}  // namespace dispatch
