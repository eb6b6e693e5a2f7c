#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dispatchd/config/config.hpp"
#include "tests/support/key_pair.hpp"
#include "tests/unit/apps/config/temporary.hpp"

namespace dispatch {
namespace {

using ::testing::HasSubstr;

class webpush_config : public ::testing::Test {
 protected:
  config_result load(const std::string& text) { return load_config(folder_.file("c.toml", text), {}); }
  std::string errors(const std::string& text) {
    std::string all;
    for (const auto& error : load(text).errors) all += to_string(error) + "\n";
    return all;
  }
  std::string section(const std::string& more = {}) {
    return "[webpush.main]\nvapid_key_file = \"" + key_ + "\"\nsubject = \"mailto:ops@duru.example\"\n" +
           more;
  }

  ::dispatch::testing::temporary_folder folder_;
  std::string key_ = folder_.file("vapid.pem", test::make_ec_keys().private_pem);
};

TEST_F(webpush_config, has_every_key) {
  const auto loaded =
      load(section("ttl = \"1h\"\nallow_hosts = [\"fcm.googleapis.com\", \"*.push.apple.com\"]\n"
                   "allow_addresses = [\"127.0.0.0/8\"]\nthreads = 3\ntimeout = \"5s\"\n"
                   "max_connections = 1\nmax_streams = 7\nrate = 100\nburst = 5\n"));
  ASSERT_TRUE(loaded.ok()) << to_string(loaded.errors[0]);
  ASSERT_EQ(loaded.settings.webpush.size(), 1u);
  const auto& app = loaded.settings.webpush[0];
  EXPECT_EQ(app.app, "main");
  EXPECT_EQ(app.vapid_key_file, key_);
  EXPECT_EQ(app.subject, "mailto:ops@duru.example");
  EXPECT_EQ(app.ttl, std::chrono::hours{1});
  EXPECT_EQ(app.allow_hosts, (std::vector<std::string>{"fcm.googleapis.com", "*.push.apple.com"}));
  EXPECT_EQ(app.allow_addresses, std::vector<std::string>{"127.0.0.0/8"});
  EXPECT_EQ(app.threads, 3u);
  EXPECT_EQ(app.max_connections, 1u);
  EXPECT_EQ(app.rate, 100);
}

TEST_F(webpush_config, has_two_connections_a_host_by_default) {
  EXPECT_EQ(load(section()).settings.webpush.at(0).max_connections, 2u);
}

TEST_F(webpush_config, serves_the_web) {
  EXPECT_EQ(errors("[platforms]\nweb = \"webpush\"\n" + section()), "");
  EXPECT_THAT(
      errors("[platforms]\nweb = \"webpush\"\n"),
      HasSubstr("c.toml:2:7: platforms.web: served by webpush, but there is no section [webpush.NAME]"));
}

TEST_F(webpush_config, needs_key_and_subject) {
  const auto all = errors("[webpush.default]\n");
  EXPECT_THAT(all, HasSubstr("webpush.default.vapid_key_file: is required"));
  EXPECT_THAT(all, HasSubstr("webpush.default.subject: is required"));
}

TEST_F(webpush_config, tries_the_key) {
  key_ = folder_.file("vapid.pem", "geheim");
  const auto all = errors(section());
  EXPECT_THAT(all, HasSubstr("c.toml:2:18: webpush.main.vapid_key_file: the key is no private key on P-256"));
  EXPECT_EQ(all.find("geheim"), std::string::npos);
  key_ = folder_.path() + "/none";
  EXPECT_THAT(errors(section()), HasSubstr("webpush.main.vapid_key_file: cannot read"));
}

TEST_F(webpush_config, names_what_is_wrong) {
  EXPECT_THAT(errors("[webpush.a]\nsubject = \"mailto:ops@localhost\"\n"),
              HasSubstr("c.toml:2:11: webpush.a.subject: must not be at localhost"));
  EXPECT_THAT(errors("[webpush.a]\nallow_hosts = [\"https://x\"]\n"),
              HasSubstr("c.toml:2:15: webpush.a.allow_hosts: "));
  EXPECT_THAT(errors("[webpush.a]\nallow_addresses = [\"x\"]\n"), HasSubstr("webpush.a.allow_addresses: "));
  EXPECT_THAT(errors("[webpush.a]\nttl = \"29d\"\n"), HasSubstr("webpush.a.ttl: "));
  EXPECT_THAT(errors("[webpush.a]\nendpoint = \"https://x\"\n"), HasSubstr("webpush.a.endpoint"));
}

TEST_F(webpush_config, reloads_key_subject_and_rates) {
  const auto before = load(section()).settings;
  const auto after = load(section("rate = 5\nttl = \"1h\"\n")).settings;
  EXPECT_EQ(keys_needing_restart(before, after), std::vector<std::string>{"webpush.main.ttl"});
  auto next = after;
  next.webpush[0].subject = "https://duru.example";
  const auto out = reloaded(before, next).webpush[0];
  EXPECT_EQ(out.rate, 5);
  EXPECT_EQ(out.subject, "https://duru.example");
  EXPECT_EQ(out.ttl, before.webpush[0].ttl);
}

}  // namespace
}  // namespace dispatch
