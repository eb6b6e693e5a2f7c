// What a reload does to apps, with real channels on a real io thread. Nothing is sent: no endpoint listens.

#include "actors/channels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/key_pair.hpp"
#include "tests/support/origin_adapter.hpp"

namespace dispatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Counts what is done with it.
class idle_channel final : public channel {
 public:
  void warm_up() override {}
  void submit(std::vector<outgoing>, std::vector<local_end>) override {}
  void recall() override {}
  void credential_refused(std::shared_ptr<const header_list>, bool) override {}
  void repeat_unclaimed() override {}
  void close() override {}
  std::int64_t credential_expires_at() const noexcept override { return 0; }
  std::uint64_t in_flight() const noexcept override { return 0; }
  std::uint64_t waiting() const noexcept override { return 0; }
  std::uint32_t concurrency() const noexcept override { return 0; }
};

class channels : public ::testing::Test {
 protected:
  channels() {
    const auto pattern = (std::filesystem::temp_directory_path() / "channels-XXXXXX").string();
    std::vector<char> path(pattern.begin(), pattern.end());
    path.push_back('\0');
    directory = ::mkdtemp(path.data());
    write_key("a.p8");
    config.apns.push_back(apns("default", "a.p8"));
    parts->config.set(config);
    parts->time = &time;
  }
  ~channels() override {
    for (const auto& scope : parts->scopes) scope.way->close();
    std::filesystem::remove_all(directory);
  }

  void write_key(const std::string& name) {
    std::ofstream(directory / name) << test::make_ec_keys().private_pem;
  }
  apns_app apns(const std::string& name, const std::string& key) const {
    apns_app app;
    app.app = name;
    app.endpoint = "https://127.0.0.1:1";
    app.key_file = directory / key;
    app.key_id = "KEY1234567";
    app.team_id = "TEAM123456";
    app.topic = "app.example";
    return app;
  }
  /// As a reload does it: prepared, then applied.
  reload_plan reload() {
    auto prepared = made.prepare(config);
    EXPECT_FALSE(std::get_if<std::string>(&prepared)) << std::get<std::string>(prepared);
    auto plan = std::get<reload_plan>(std::move(prepared));
    plan.apply();
    parts->config.set(config);
    return plan;
  }
  /// An app whose recipients live at origins.
  const app_info& add_webhooks() {
    app_kit kit;
    kit.adapter = std::make_shared<origin_adapter>();
    kit.open = [this](const channel_seat& seat) {
      if (seat.origin == "https://refused.example") throw std::invalid_argument("refused");
      ++opened;
      return opened_channel{std::make_shared<idle_channel>(), [](const app_kit&) {}};
    };
    auto app = std::make_shared<provider_app>();
    app->max_connections = 2;
    app->max_streams = 50;
    app->rate = 7;
    return made.add(std::move(app), provider::webhook, std::move(kit));
  }

  dispatch::clock time;
  std::filesystem::path directory;
  settings config;
  std::shared_ptr<engine_parts> parts = std::make_shared<engine_parts>();
  std::shared_ptr<io_thread> thread = std::make_shared<io_thread>("test-io");
  provider_channels made{thread, parts};
  std::atomic<int> opened{0};
};

TEST_F(channels, an_app_a_reload_brings_has_its_scope_at_once) {
  ASSERT_EQ(made.make(config), "");
  write_key("b.p8");
  config.apns.push_back(apns("second", "b.p8"));
  const auto plan = reload();
  EXPECT_THAT(plan.added, ElementsAre("apns:second"));
  EXPECT_THAT(plan.needing_restart, IsEmpty());
  const auto* app = parts->apps.find(provider::apns, "second");
  ASSERT_TRUE(app && app->scope);
  EXPECT_EQ(parts->scopes[*app->scope].name, "apns:second");
  const auto& added = config.apns.back();
  EXPECT_EQ(parts->scopes[*app->scope].window, 2 * added.max_connections * added.max_streams);
}

TEST_F(channels, a_new_app_that_cannot_be_used_refuses_the_reload_and_nothing_changes) {
  ASSERT_EQ(made.make(config), "");
  config.apns[0].rate = 5;
  config.apns.push_back(apns("second", "missing.p8"));
  const auto prepared = made.prepare(config);
  ASSERT_TRUE(std::holds_alternative<std::string>(prepared));
  EXPECT_THAT(std::get<std::string>(prepared), ::testing::HasSubstr("apns.second.key_file"));
  EXPECT_EQ(parts->apps.size(), 1u);
  EXPECT_EQ(parts->scopes[0].rate, 0);
}

TEST_F(channels, an_app_that_goes_serves_nobody_until_it_comes_back) {
  ASSERT_EQ(made.make(config), "");
  const auto before = config;
  config.apns.clear();
  EXPECT_THAT(reload().removed, ElementsAre("apns:default"));
  EXPECT_EQ(parts->apps.find(provider::apns, "default"), nullptr);
  EXPECT_THAT(reload().removed, IsEmpty()) << "gone is gone";
  config = before;
  config.apns[0].rate = 3;
  EXPECT_THAT(reload().added, ElementsAre("apns:default"));
  EXPECT_NE(parts->apps.find(provider::apns, "default"), nullptr);
  EXPECT_EQ(parts->scopes[0].rate, 3);
  EXPECT_EQ(parts->scopes.size(), 1u);
}

TEST_F(channels, an_app_that_comes_back_as_another_waits_for_the_restart) {
  ASSERT_EQ(made.make(config), "");
  auto other = config;
  other.apns[0].endpoint = "https://127.0.0.1:2";
  config.apns.clear();
  reload();
  config = other;
  const auto plan = reload();
  EXPECT_THAT(plan.added, IsEmpty());
  EXPECT_THAT(plan.needing_restart, ElementsAre("apns:default (came back changed)"));
  EXPECT_EQ(parts->apps.find(provider::apns, "default"), nullptr);
}

TEST_F(channels, a_changed_key_is_a_new_credential_and_an_unchanged_one_is_left) {
  ASSERT_EQ(made.make(config), "");
  EXPECT_THAT(reload().credentials, IsEmpty());
  write_key("a.p8");
  EXPECT_THAT(reload().credentials, ElementsAre("apns:default"));
  EXPECT_THAT(reload().credentials, IsEmpty());
}

TEST_F(channels, a_mail_servers_new_login_is_taken_up_and_another_server_waits_for_the_restart) {
  const auto password = directory / "password";
  std::ofstream(password) << "first\n";
  smtp_app app;
  app.endpoint = "smtp://127.0.0.1:1";
  app.from = "sender@example.com";
  app.username = "sender";
  app.password_file = password;
  config.smtp.push_back(app);
  ASSERT_EQ(made.make(config), "");
  const auto* known = parts->apps.find(provider::smtp, "default");
  ASSERT_TRUE(known && known->scope);
  const auto& scope = parts->scopes[*known->scope];
  EXPECT_EQ(scope.name, "smtp:default");
  EXPECT_EQ(scope.window, 2 * app.max_connections * app.max_streams);
  EXPECT_EQ(scope.way->concurrency(), app.max_connections * app.max_streams);
  EXPECT_THAT(reload().credentials, IsEmpty());
  std::ofstream(password) << "second\n";
  EXPECT_THAT(reload().credentials, ElementsAre("smtp:default"));
  EXPECT_THAT(reload().credentials, IsEmpty());
  config.smtp.clear();
  EXPECT_THAT(reload().removed, ElementsAre("smtp:default"));
  app.endpoint = "smtp://127.0.0.1:2";
  config.smtp.push_back(app);
  EXPECT_THAT(reload().needing_restart, ElementsAre("smtp:default (came back changed)"));
}

TEST_F(channels, an_origin_is_opened_once_with_what_its_app_has) {
  const auto& app = add_webhooks();
  EXPECT_FALSE(app.scope);
  const auto first = app.open("https://a.example", "t");
  ASSERT_TRUE(first);
  EXPECT_EQ(app.open("https://a.example", "t"), first);
  EXPECT_EQ(opened, 1);
  const auto& scope = parts->scopes[*first];
  EXPECT_EQ(scope.name, "webhook:default:https://a.example");
  EXPECT_EQ(scope.origin, "https://a.example");
  EXPECT_EQ(scope.rate, 7);
  EXPECT_EQ(scope.window, 100u);
  config.engine.max_in_flight = 80;
  parts->config.set(config);
  EXPECT_EQ(parts->scopes[*app.open("https://b.example", "t")].window, 10u) << "an eighth of all";
}

TEST_F(channels, an_origin_that_was_closed_hears_of_no_reload_and_is_opened_anew) {
  ASSERT_EQ(made.make(config), "");
  const auto& app = add_webhooks();
  const auto first = app.open("https://a.example", "t");
  ASSERT_TRUE(first);
  app.close(*first);
  EXPECT_TRUE(parts->scopes[*first].retired());
  EXPECT_EQ(parts->scopes.find("webhook:default:https://a.example"), std::nullopt);
  const auto again = app.open("https://a.example", "t");
  ASSERT_TRUE(again);
  EXPECT_NE(again, first) << "its number rests";
  EXPECT_EQ(opened, 2);
}

TEST_F(channels, an_origin_that_cannot_be_sent_to_leaves_no_scope) {
  const auto& app = add_webhooks();
  recipient who;
  who.target = "https://refused.example/x";
  const auto to = destination_of(&app, who, "t");
  EXPECT_FALSE(to.scope);
  EXPECT_EQ(to.result, outcome::failed);
  EXPECT_EQ(to.reason, "invalid_target");
  EXPECT_EQ(parts->scopes.size(), 0u);
}

TEST_F(channels, origins_may_be_opened_while_apps_are_reloaded) {
  ASSERT_EQ(made.make(config), "");
  auto& app = const_cast<app_info&>(add_webhooks());
  std::atomic<bool> done{false};
  std::thread intake([&] {
    for (int i = 0; i < 500; ++i) app.open("https://h" + std::to_string(i) + ".example", "");
    done = true;
  });
  int reloads = 0;
  while (!done || reloads < 3) {
    config.apns[0].rate = ++reloads;
    reload();
  }
  intake.join();
  EXPECT_EQ(opened, 500);
  EXPECT_EQ(parts->scopes.size(), 501u);
  EXPECT_EQ(parts->scopes[0].rate, reloads);
}

}  // namespace
}  // namespace dispatch
