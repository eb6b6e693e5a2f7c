#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dispatchd/config/config.hpp"
#include "tests/unit/apps/config/temporary.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class webhook_config : public ::testing::Test {
 protected:
  config_result load(const std::string& text, const environment& env = {}) {
    return load_config(folder_.file("c.toml", text), env);
  }
  std::string errors(const std::string& text, const environment& env = {}) {
    std::string all;
    for (const auto& error : load(text, env).errors) all += to_string(error) + "\n";
    return all;
  }
  std::string section(const std::string& more = {}) {
    return "[webhook.main]\nsecret_file = \"" + secrets_ + "\"\n" + more;
  }

  static constexpr auto secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  ::dispatch::testing::temporary_folder folder_;
  std::string secrets_ = folder_.file("webhook.secret", std::string(secret) + "\n");
};

TEST_F(webhook_config, has_every_key) {
  const auto loaded =
      load(section("type = \"note.shared\"\nallow_http = true\nallow_addresses = [\"10.0.0.0/8\"]\nschedule "
                   "= [\"1s\", \"5m\"]\n"
                   "timeout = \"5s\"\nmax_connections = 1\nmax_streams = 7\nrate = 100\nburst = 5\n"));
  ASSERT_TRUE(loaded.ok()) << to_string(loaded.errors[0]);
  const auto& app = loaded.settings.webhook.at(0);
  EXPECT_EQ(app.app, "main");
  EXPECT_EQ(app.secret_file, secrets_);
  EXPECT_EQ(app.type, "note.shared");
  EXPECT_TRUE(app.allow_http);
  EXPECT_THAT(app.allow_addresses, ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(app.schedule, ElementsAre(1s, 5min));
  EXPECT_EQ(app.timeout, 5s);
  EXPECT_EQ(app.max_connections, 1u);
  EXPECT_EQ(app.rate, 100);
}

TEST_F(webhook_config, follows_the_standards_schedule_by_default) {
  const auto app = load(section()).settings.webhook.at(0);
  EXPECT_THAT(app.schedule, ElementsAre(5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h));
  EXPECT_EQ(app.timeout, 20s);
  EXPECT_FALSE(app.allow_http);
}

TEST_F(webhook_config, serves_webhooks) {
  EXPECT_EQ(errors("[platforms]\nwebhook = \"webhook\"\n" + section()), "");
  EXPECT_THAT(errors("[platforms]\nwebhook = \"webhook\"\n"),
              HasSubstr("platforms.webhook: served by webhook, but there is no section [webhook.NAME]"));
}

TEST_F(webhook_config, needs_a_secret) {
  EXPECT_THAT(errors("[webhook.default]\n"), HasSubstr("webhook.default.secret_file: is required"));
  EXPECT_THAT(errors("[webhook.default]\nsecret_file = \"/none\"\n"),
              HasSubstr("webhook.default.secret_file: cannot read"));
  EXPECT_EQ(errors("[webhook.default]\n", {{"DISPATCHD_WEBHOOK__DEFAULT__SECRET", secret}}), "");
}

TEST_F(webhook_config, secret_stands_in_no_configuration) {
  EXPECT_THAT(errors(std::string("[webhook.a]\nsecret = \"") + secret + "\"\n"),
              HasSubstr("webhook.a.secret: must not stand in a file"));
  EXPECT_THAT(errors(section(), {{"DISPATCHD_WEBHOOK__MAIN__SECRET", secret}}),
              HasSubstr("webhook.main.secret: stands beside secret_file"));
  const auto loaded = load("[webhook.a]\n", {{"DISPATCHD_WEBHOOK__A__SECRET", secret}});
  EXPECT_EQ(print_config(loaded.settings, loaded.origins).find("MfKQ9r8"), std::string::npos);
}

TEST_F(webhook_config, tries_the_secrets) {
  secrets_ = folder_.file("webhook.secret", "geheim\n");
  const auto all = errors(section());
  EXPECT_THAT(all,
              HasSubstr("c.toml:2:15: webhook.main.secret_file: must hold secrets of Standard Webhooks"));
  EXPECT_EQ(all.find("geheim"), std::string::npos);
}

TEST_F(webhook_config, names_what_is_wrong) {
  EXPECT_THAT(errors("[webhook.a]\ntype = \"a b\"\n"), HasSubstr("c.toml:2:8: webhook.a.type: "));
  EXPECT_THAT(errors("[webhook.a]\nschedule = [\"5s\", \"soon\"]\n"),
              HasSubstr("webhook.a.schedule: expects a duration"));
  EXPECT_THAT(errors("[webhook.a]\nschedule = [\"0s\"]\n"), HasSubstr("webhook.a.schedule: must be between"));
  EXPECT_THAT(errors("[webhook.a]\nallow_addresses = [\"x\"]\n"), HasSubstr("webhook.a.allow_addresses: "));
  EXPECT_THAT(errors("[webhook.a]\nendpoint = \"https://x\"\n"), HasSubstr("webhook.a.endpoint"));
}

TEST_F(webhook_config, reloads_secrets_schedule_and_rates) {
  const auto before = load(section()).settings;
  const auto after = load(section("rate = 5\nschedule = []\nallow_http = true\n")).settings;
  EXPECT_THAT(keys_needing_restart(before, after), ElementsAre("webhook.main.allow_http"));
  const auto out = reloaded(before, after).webhook.at(0);
  EXPECT_EQ(out.rate, 5);
  EXPECT_TRUE(out.schedule.empty());
  EXPECT_FALSE(out.allow_http);
}

}  // namespace
}  // namespace dispatch
