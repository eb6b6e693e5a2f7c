#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dispatchd/config/config.hpp"
#include "tests/unit/apps/config/credentials.hpp"
#include "tests/unit/apps/config/temporary.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class load_config_test : public ::testing::Test {
 protected:
  config_result load(const std::string& text, const environment& env = {}) {
    path_ = folder_.file("dispatchd.toml", text);
    return load_config(path_, env);
  }
  /// The one error there must be, without the folder's path.
  std::string error_of(const std::string& text, const environment& env = {}) {
    const auto result = load(text, env);
    if (result.errors.size() != 1) return "errors: " + std::to_string(result.errors.size());
    auto line = to_string(result.errors[0]);
    if (const auto at = line.find(path_); at == 0) line.replace(0, path_.size(), "FILE");
    return line;
  }
  std::string secret_file(const std::string& name) { return folder_.file(name, "secret"); }
  std::string apns_section(const std::string& rest = "") {
    return "[apns.default]\nkey_file = \"" + folder_.file("key.p8", ::dispatch::testing::ec_key()) +
           "\"\nkey_id = \"ABCDE12345\"\nteam_id = \"TEAM123456\"\ntopic = \"com.example\"\n" + rest;
  }

  ::dispatch::testing::temporary_folder folder_;
  std::string path_;
};

TEST_F(load_config_test, without_a_file_everything_has_its_default) {
  const auto result = load_config("", {});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.settings.engine.io_threads, 1u);
  EXPECT_EQ(result.settings.redis.url, "redis://127.0.0.1:6379");
  EXPECT_THAT(result.settings.fcm, IsEmpty());
}

TEST_F(load_config_test, reads_values_of_every_type) {
  const auto result = load(R"([engine]
io_threads = 4
lease = "1s"
takeover_scan = 1500
read_ahead_bytes = "8MiB"
[retry]
budget_ratio = 1
[results]
level = "none"
[lanes]
high = 16
[platforms]
ios = "none"
[admin]
deny = ["10.0.0.0/8", "::1"]
)");
  ASSERT_TRUE(result.ok()) << to_string(result.errors[0]);
  EXPECT_EQ(result.settings.engine.io_threads, 4u);
  EXPECT_EQ(result.settings.engine.lease, 1s);
  EXPECT_EQ(result.settings.engine.takeover_scan, 1'500ms);
  EXPECT_EQ(result.settings.engine.read_ahead_bytes, 8u << 20);
  EXPECT_EQ(result.settings.retry.budget_ratio, 1.0);
  EXPECT_EQ(result.settings.results.level, results_level::none);
  EXPECT_EQ(result.settings.lanes.weights[0], 16u);
  EXPECT_EQ(result.settings.platforms.served_by[index_of(platform::ios)], std::nullopt);
  EXPECT_THAT(result.settings.admin.deny, ElementsAre("10.0.0.0/8", "::1"));
  EXPECT_EQ(result.origins.at("engine.lease").line, 3u);
}

TEST_F(load_config_test, dotted_keys_and_inline_tables_are_the_same_keys) {
  EXPECT_EQ(load("engine.io_threads = 2\n").settings.engine.io_threads, 2u);
  EXPECT_EQ(load("engine = { io_threads = 3 }\n").settings.engine.io_threads, 3u);
}

TEST_F(load_config_test, an_unknown_key_is_an_error_with_file_line_column_and_key) {
  EXPECT_EQ(error_of("[engine]\nio_threds = 4\n"),
            "FILE:2:1: engine.io_threds: unknown key, did you mean engine.io_threads?");
  EXPECT_EQ(error_of("[engine]\n  colour = 4\n"), "FILE:2:3: engine.colour: unknown key");
  EXPECT_EQ(error_of("[engines]\nio_threads = 4\n"), "FILE:1:2: engines: unknown section");
  EXPECT_EQ(error_of("\nverbose = true\n"), "FILE:2:1: verbose: unknown key");
  EXPECT_EQ(error_of("[fcm.default]\nservice_account_file=\"" + secret_file("a") + "\"\nendpont = \"x\"\n"),
            "FILE:3:11: fcm.default.endpont: unknown key, did you mean endpoint?");
  EXPECT_EQ(error_of("[lanes.high]\nweight = 3\n"), "FILE:1:1: lanes.high: has a type no key has");
}

TEST_F(load_config_test, a_wrong_type_or_range_is_an_error_at_the_value) {
  EXPECT_EQ(error_of("[engine]\nio_threads = \"4\"\n"), "FILE:2:14: engine.io_threads: expects an integer");
  EXPECT_EQ(error_of("[engine]\nio_threads = 17\n"),
            "FILE:2:14: engine.io_threads: must be between 1 and 16");
  EXPECT_EQ(error_of("[engine]\nmax_in_flight = 0\n"),
            "FILE:2:17: engine.max_in_flight: must be between 1 and 1000000");
  EXPECT_EQ(error_of("[breaker]\nmin_failure_ratio = 1.5\n"),
            "FILE:2:21: breaker.min_failure_ratio: must be between 0 and 1");
  EXPECT_EQ(error_of("[log]\nlevel = \"loud\"\n"),
            "FILE:2:9: log.level: must be one of trace | debug | info | warn | error");
  EXPECT_EQ(error_of("[platforms]\nandroid = \"apns\"\n"),
            "FILE:2:11: platforms.android: must be one of fcm | none");
  EXPECT_EQ(error_of("engine = 4\n"), "FILE:1:1: engine: expects a table: [engine]");
  EXPECT_EQ(error_of("fcm = 4\n"), "FILE:1:7: fcm: expects a table");
  EXPECT_EQ(error_of("[engine]\nlease = 1979-05-27\n"), "FILE:2:9: engine.lease: has a type no key has");
  EXPECT_THAT(error_of("[admin]\nallow = [\"10.1.0.0/8\"]\n"), HasSubstr("FILE:2:9: admin.allow: "));
  EXPECT_THAT(error_of("[fcm.default]\nendpoint = \"http://x\"\n"), HasSubstr("must be https://HOST[:PORT]"));
}

TEST_F(load_config_test, a_file_that_is_no_toml_is_one_error_with_its_place) {
  EXPECT_THAT(error_of("[engine]\nio_threads = \n"), HasSubstr("FILE:2:"));
  EXPECT_THAT(error_of("[engine]\na = 1\n[engine]\n"), HasSubstr("FILE:3:"));
  EXPECT_THAT(error_of("x = \"\xff\"\n"), HasSubstr("FILE:1:"));
}

TEST_F(load_config_test, a_missing_file_or_a_folder_is_an_error) {
  const auto missing = load_config(folder_.path() + "/none.toml", {});
  ASSERT_EQ(missing.errors.size(), 1u);
  EXPECT_THAT(to_string(missing.errors[0]), HasSubstr("none.toml:1:1: cannot be read"));
  EXPECT_FALSE(load_config(folder_.path(), {}).ok());
}

TEST_F(load_config_test, all_mistakes_are_reported_at_once) {
  const auto result = load("[engine]\nio_threads = 0\nlease = \"x\"\n[log]\nlevl = \"info\"\n");
  EXPECT_EQ(result.errors.size(), 3u);
}

TEST_F(load_config_test, the_environment_overrides_the_file) {
  const auto result =
      load("[engine]\nio_threads = 4\n",
           {{"DISPATCHD_ENGINE__IO_THREADS", "8"}, {"DISPATCHD_ENGINE__LEASE", "2s"}, {"HOME", "/"}});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.settings.engine.io_threads, 8u);
  EXPECT_EQ(result.settings.engine.lease, 2s);
  EXPECT_EQ(result.origins.at("engine.io_threads").file, "env DISPATCHD_ENGINE__IO_THREADS");
}

TEST_F(load_config_test, the_environment_makes_an_app_or_changes_one_whatever_its_case) {
  const environment env{{"DISPATCHD_FCM__DEFAULT__ENDPOINT", "https://localhost:8443"},
                        {"DISPATCHD_FCM__DEFAULT__SERVICE_ACCOUNT_FILE",
                         folder_.file("a.json", ::dispatch::testing::service_account())},
                        {"DISPATCHD_APNS__MY_APP__TOPIC", "com.changed"}};
  const auto result =
      load("[apns.My-App]\nkey_file = \"" + folder_.file("k", ::dispatch::testing::ec_key()) +
               "\"\nkey_id = \"ABCDE12345\"\nteam_id = \"TEAM123456\"\ntopic = \"com.example\"\n",
           env);
  ASSERT_TRUE(result.ok()) << to_string(result.errors[0]);
  ASSERT_EQ(result.settings.fcm.size(), 1u);
  EXPECT_EQ(result.settings.fcm[0].app, "default");
  EXPECT_EQ(result.settings.fcm[0].endpoint, "https://localhost:8443");
  ASSERT_EQ(result.settings.apns.size(), 1u);
  EXPECT_EQ(result.settings.apns[0].app, "My-App");
  EXPECT_EQ(result.settings.apns[0].topic, "com.changed");
}

TEST_F(load_config_test, an_unknown_variable_is_an_error_and_one_without_a_section_a_warning) {
  EXPECT_EQ(
      error_of("", {{"DISPATCHD_ENGINE__IO_THREDS", "8"}}),
      "env DISPATCHD_ENGINE__IO_THREDS: engine.io_threds: unknown key, did you mean engine.io_threads?");
  EXPECT_EQ(error_of("", {{"DISPATCHD_FCM__ENDPOINT", "8"}}),
            "env DISPATCHD_FCM__ENDPOINT: fcm: expects DISPATCHD_SECTION__NAME__KEY");
  const auto result = load("", {{"DISPATCHD_BINARY", "/x"}});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(to_string(result.warnings.at(0)), "env DISPATCHD_BINARY: names no key (DISPATCHD_SECTION__KEY)");
}

TEST_F(load_config_test, the_crash_token_is_known_and_called_a_test_setting) {
  const auto result = load("", {{"DISPATCHD_TEST_CRASH_TOKEN", "poison-"}});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(
      to_string(result.warnings.at(0)),
      "env DISPATCHD_TEST_CRASH_TOKEN: IS FOR TESTS ONLY: the process aborts when it renders a token that "
      "begins with \"poison-\"");
}

TEST_F(load_config_test, an_app_name_and_their_number_have_limits) {
  EXPECT_THAT(error_of("[fcm.\"a b\"]\n"), HasSubstr("a name must match"));
  std::string many;
  for (int at = 0; at < 65; ++at) many += "[fcm.a" + std::to_string(at) + "]\n";
  EXPECT_THAT(error_of(many), HasSubstr("more than 64 of them"));
}

TEST_F(load_config_test, the_apns_environment_picks_the_endpoint_unless_one_is_given) {
  EXPECT_EQ(load(apns_section()).settings.apns.at(0).endpoint, "https://api.push.apple.com");
  EXPECT_EQ(load(apns_section("environment = \"sandbox\"\n")).settings.apns.at(0).endpoint,
            "https://api.sandbox.push.apple.com");
  EXPECT_EQ(load(apns_section("environment = \"sandbox\"\nendpoint = \"https://localhost:1\"\n"))
                .settings.apns.at(0)
                .endpoint,
            "https://localhost:1");
}

TEST_F(load_config_test, no_text_makes_it_crash) {
  const std::string seed =
      apns_section("[engine]\nlease = \"5s\"\nx = [1, \"a\", {b = 2}]\n\"q\\u0041\" = '''z'''\n");
  for (std::size_t at = 0; at < seed.size(); ++at)
    for (const char c : {'\0', '"', '[', '{', '.', '=', '\n', '\xff'}) {
      auto text = seed;
      text[at] = c;
      load(text);
    }
  load(std::string(200'000, '['));
  load("x = " + std::string(100'000, '['));
  EXPECT_FALSE(load(std::string((1 << 20) + 1, '\n')).ok());
}

}  // namespace
}  // namespace dispatch
