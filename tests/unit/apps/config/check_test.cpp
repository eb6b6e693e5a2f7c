#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dispatchd/config/config.hpp"
#include "tests/support/test_certificates.hpp"
#include "tests/unit/apps/config/temporary.hpp"

namespace dispatch {
namespace {

using ::testing::HasSubstr;

class check_config_test : public ::testing::Test {
 protected:
  config_result load(const std::string& text, const environment& env = {}) {
    return load_config(folder_.file("c.toml", text), env);
  }
  std::string errors(const std::string& text, const environment& env = {}) {
    std::string all;
    for (const auto& error : load(text, env).errors) all += to_string(error) + "\n";
    return all;
  }

  ::dispatch::testing::temporary_folder folder_;
};

TEST_F(check_config_test, an_fcm_app_needs_its_service_account) {
  EXPECT_THAT(errors("\n[fcm.main]\ntimeout = \"5s\"\n"),
              HasSubstr("c.toml:2:6: fcm.main.service_account_file: is required"));
}

TEST_F(check_config_test, an_apns_app_needs_its_key_and_names) {
  const auto all = errors("[apns.default]\n");
  for (const auto* key : {"key_file", "key_id", "team_id", "topic"})
    EXPECT_THAT(all, HasSubstr("apns.default." + std::string(key) + ": is required"));
}

TEST_F(check_config_test, an_apns_app_has_a_key_or_a_certificate) {
  const test::certificate_authority authority;
  const auto made = authority.issue_client("c", 400);
  const auto p12 = folder_.file("c.p12", test::p12_of(made, "geheim"));
  const auto password = folder_.file("c.password", "geheim\n");
  const auto app = [&](const std::string& more) {
    return "[platforms]\nios = \"apns\"\n[apns.default]\ntopic = \"a.b\"\n" + more;
  };
  const auto certificate =
      "certificate_file = \"" + p12 + "\"\ncertificate_password_file = \"" + password + "\"\n";
  EXPECT_EQ(errors(app(certificate)), "");
  EXPECT_THAT(errors(app(certificate + "key_id = \"ABC123DEFG\"\n")),
              HasSubstr("apns.default.certificate_file: stands beside key_file, key_id or team_id"));
  EXPECT_THAT(errors(app("certificate_password_file = \"" + password + "\"\n")),
              HasSubstr("apns.default.certificate_password_file: has no effect without certificate_file"));
  EXPECT_THAT(errors(app("certificate_file = \"" + p12 + "\"\n")),
              HasSubstr("c.toml:5:20: apns.default.certificate_file: cannot be opened with this password"));
  EXPECT_THAT(errors(app("certificate_file = \"" + password + "\"\n")), HasSubstr("is neither PEM nor"));
  EXPECT_THAT(errors(app("certificate_file = \"" + folder_.path() + "/none\"\n")), HasSubstr("cannot read"));
}

TEST_F(check_config_test, a_certificate_near_its_end_is_a_warning) {
  const test::certificate_authority authority;
  const auto warning_of = [&](int days) {
    const auto made = authority.issue_client("c", days);
    const auto file = folder_.file("c.pem", made.certificate_pem + made.key_pem);
    const auto result = load("[apns.default]\ntopic = \"a.b\"\ncertificate_file = \"" + file + "\"\n");
    EXPECT_TRUE(result.ok());
    for (const auto& each : result.warnings)
      if (each.key == "apns.default.certificate_file") return each.message;
    return std::string();
  };
  EXPECT_EQ(warning_of(15), "");
  EXPECT_EQ(warning_of(13), "ends in 12 days");
  EXPECT_EQ(warning_of(-1), "has ended: Apple will refuse it");
}

TEST_F(check_config_test, a_file_that_cannot_be_read_is_named_with_its_key_and_place) {
  const auto missing = folder_.path() + "/none.json";
  EXPECT_THAT(
      errors("[fcm.default]\nservice_account_file = \"" + missing + "\"\n"),
      HasSubstr("c.toml:2:24: fcm.default.service_account_file: cannot read " + missing + ": No such file"));
  EXPECT_THAT(errors("[redis]\nca_file = \"" + folder_.path() + "\"\n"), HasSubstr("redis.ca_file: "));
  EXPECT_THAT(errors("", {{"DISPATCHD_REDIS__PASSWORD_FILE", missing}}),
              HasSubstr("env DISPATCHD_REDIS__PASSWORD_FILE: redis.password_file: cannot read"));
}

TEST_F(check_config_test, what_a_breaker_cannot_count_to_is_refused) {
  EXPECT_THAT(errors("[breaker]\nfailures = 1001\n"), HasSubstr("c.toml:2:12: breaker.failures: "));
  EXPECT_THAT(errors("[breaker]\nsample = 1001\n"), HasSubstr("c.toml:2:10: breaker.sample: "));
  EXPECT_THAT(errors("[breaker]\nprobes = 0\n"), HasSubstr("c.toml:2:10: breaker.probes: "));
  EXPECT_EQ(errors("[breaker]\nfailures = 1000\nsample = 1000\nprobes = 100\n"), "");
}

TEST_F(check_config_test, a_tenant_names_apps_there_are) {
  const auto result = load("[tenants.b]\napps = [\"x\"]\n[tenants.a]\napps = [\"default\"]\n[apns.x]\n", {});
  ASSERT_EQ(result.settings.tenants.size(), 2u);
  EXPECT_EQ(result.settings.tenants[0].name, "a") << "in order, to be looked up";
  std::string said;
  for (const auto& each : result.warnings) said += to_string(each) + "\n";
  EXPECT_THAT(said,
              HasSubstr("c.toml:4:8: tenants.a.apps: names default, which no provider has a section for"));
  EXPECT_EQ(said.find("tenants.b"), std::string::npos);
  EXPECT_THAT(errors("[tenants.a]\n"), HasSubstr("c.toml:1:10: tenants.a.apps: is required"));
  EXPECT_THAT(errors("[tenants.a]\napps = [\"a b\"]\n"), HasSubstr("tenants.a.apps: must hold names"));
  EXPECT_THAT(errors("[tenants.a]\nlimit = 1\n"), HasSubstr("tenants.a.limit: unknown key"));
}

TEST_F(check_config_test, results_are_posted_only_where_they_could_arrive) {
  const std::string tenant = "[tenants.a]\nresults_url = \"https://a.example/in\"\n";
  const std::string served = "[platforms]\nwebhook = \"webhook\"\n";
  const std::string app = "[webhook.default]\n";
  const auto result = load(served + tenant + "results = \"failures\"\n" + app, {});
  ASSERT_EQ(result.settings.tenants.size(), 1u);
  EXPECT_EQ(result.settings.tenants[0].results, posted_results::failures);
  EXPECT_EQ(errors(served + tenant + app).find("tenants"), std::string::npos) << "apps are not asked for";
  EXPECT_THAT(errors(served + tenant), HasSubstr("tenants.a.results_app: names default, but there is no"));
  EXPECT_THAT(errors(served + tenant + "results_app = \"x\"\n" + app),
              HasSubstr("tenants.a.results_app: names x, but there is no [webhook.x]"));
  EXPECT_THAT(errors(tenant + app), HasSubstr("tenants.a.results_url: needs platforms.webhook"));
  const std::string clear = "[tenants.a]\nresults_url = \"http://a.example/in\"\n";
  EXPECT_THAT(errors(served + clear + app), HasSubstr("tenants.a.results_url: is http://"));
  EXPECT_EQ(errors(served + clear + app + "allow_http = true\n").find("results_url"), std::string::npos);
  EXPECT_THAT(errors("[tenants.a]\nresults_url = \"a.example\"\n"),
              HasSubstr("results_url: must be https://"));
  EXPECT_THAT(errors("[tenants.a]\nresults = \"some\"\n"), HasSubstr("tenants.a.results: must be one of"));
}

TEST_F(check_config_test, a_tenant_added_by_the_environment_is_in_order_too) {
  const auto result = load("[tenants.b]\napps = [\"x\"]\n", {{"DISPATCHD_TENANTS__A__APPS", "x,y"}});
  ASSERT_TRUE(result.ok()) << to_string(result.errors.front());
  ASSERT_EQ(result.settings.tenants.size(), 2u);
  EXPECT_EQ(result.settings.tenants[0].name, "a");
  EXPECT_EQ(result.settings.tenants[0].apps, (std::vector<std::string>{"x", "y"}));
}

TEST_F(check_config_test, a_platform_set_to_a_provider_without_an_app_is_an_error) {
  EXPECT_THAT(errors("[platforms]\nios = \"apns\"\n"),
              HasSubstr("c.toml:2:7: platforms.ios: served by apns, but there is no section [apns.NAME]"));
  EXPECT_THAT(errors("[platforms]\nemail = \"smtp\"\n"), HasSubstr("platforms.email"));
  EXPECT_EQ(errors("[platforms]\nandroid = \"none\"\n"), "");
}

TEST_F(check_config_test, a_section_that_no_platform_sends_by_is_a_warning) {
  const auto said = [&](const std::string& text) {
    std::vector<std::string> messages;
    for (const auto& each : load(text).warnings) messages.push_back(each.message);
    return messages;
  };
  const std::string unused = "no platform is served by webhook, so its sections are not used";
  EXPECT_THAT(said("[webhook.default]\n"), ::testing::Contains(unused));
  EXPECT_THAT(said("[webhook.default]\n[platforms]\nwebhook = \"webhook\"\n"),
              ::testing::Not(::testing::Contains(unused)));
}

TEST_F(check_config_test, a_platform_left_at_its_default_without_an_app_is_a_warning) {
  const auto result = load("");
  EXPECT_TRUE(result.ok());
  ASSERT_EQ(result.warnings.size(), 3u);
  EXPECT_EQ(result.warnings[1].key, "platforms.ios");
}

TEST_F(check_config_test, pairs_of_keys_must_fit) {
  EXPECT_THAT(errors("[retry]\nbase = \"10s\"\ncap = \"5s\"\n"), HasSubstr("c.toml:3:7: retry.cap: "));
  EXPECT_THAT(errors("[breaker]\nopen_for = \"10m\"\n"), HasSubstr("breaker.open_for_max: "));
}

TEST_F(check_config_test, the_admin_side_listens_on_loopback_only) {
  EXPECT_THAT(errors("[admin]\nlisten = \"0.0.0.0:9180\"\n"),
              HasSubstr("c.toml:2:10: admin.listen: must be a loopback"));
  EXPECT_THAT(errors("[admin]\nlisten = \"[::]:9180\"\n"), HasSubstr("must be a loopback"));
  EXPECT_EQ(errors("[admin]\nlisten = \"[::1]:0\"\n"), "");
  EXPECT_EQ(errors("[admin]\nlisten = \"\"\n"), "");
  EXPECT_THAT(errors("[admin]\nlisten = \"9180\"\n"), HasSubstr("must be ADDRESS:PORT"));
}

TEST_F(check_config_test, a_password_in_the_file_is_a_warning_that_does_not_show_it) {
  const auto result = load("[redis]\nurl = \"redis://:geheim@127.0.0.1\"\n");
  EXPECT_TRUE(result.ok());
  const auto line = to_string(result.warnings.at(0));
  EXPECT_THAT(line, HasSubstr("c.toml:2:7: redis.url: holds a password"));
  EXPECT_EQ(line.find("geheim"), std::string::npos);
  EXPECT_EQ(load("", {{"DISPATCHD_REDIS__URL", "redis://:geheim@127.0.0.1"}}).warnings.at(0).key,
            "platforms.android");
}

TEST_F(check_config_test, a_broken_url_with_a_password_does_not_show_it) {
  for (const auto* url :
       {"redis://:ge heim@h", "redis//:geheim@h", "http://:geheim@h", "redis://:geheim@h?x=1"}) {
    const auto all = errors("[redis]\nurl = \"" + std::string(url) + "\"\n");
    EXPECT_THAT(all, HasSubstr("redis.url")) << url;
    EXPECT_EQ(all.find("heim"), std::string::npos) << all;
  }
}

}  // namespace
}  // namespace dispatch
