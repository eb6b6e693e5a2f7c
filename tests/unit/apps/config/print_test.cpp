#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "apps/dispatchd/config/config.hpp"
#include "apps/dispatchd/config/registry.hpp"
#include "tests/unit/apps/config/credentials.hpp"
#include "tests/unit/apps/config/temporary.hpp"

namespace dispatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string content(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), {}};
}

TEST(print_config, shows_every_key_with_value_and_origin) {
  ::dispatch::testing::temporary_folder folder;
  const auto account = folder.file("a.json", ::dispatch::testing::service_account());
  const auto path = folder.file(
      "c.toml", "[engine]\nlease = \"2s\"\n[fcm.default]\nservice_account_file = \"" + account + "\"\n");
  const auto loaded = load_config(path, {{"DISPATCHD_LOG__LEVEL", "debug"}});
  ASSERT_TRUE(loaded.ok());
  const auto text = print_config(loaded.settings, loaded.origins);
  EXPECT_THAT(text, HasSubstr("engine.io_threads = 1  # default\n"));
  EXPECT_THAT(text, HasSubstr("engine.lease = \"2s\"  # " + path + ":2\n"));
  EXPECT_THAT(text, HasSubstr("log.level = \"debug\"  # env DISPATCHD_LOG__LEVEL\n"));
  EXPECT_THAT(text, HasSubstr("fcm.default.timeout = \"15s\"  # default\n"));
  for (const auto& key : config::setting_keys()) EXPECT_THAT(text, HasSubstr(key.name + " = "));
}

TEST(print_config, redacts_a_password) {
  const auto loaded = load_config("", {{"DISPATCHD_REDIS__URL", "redis://user:geheim@127.0.0.1:6379/2"}});
  ASSERT_TRUE(loaded.ok());
  const auto text = print_config(loaded.settings, loaded.origins);
  EXPECT_THAT(text, HasSubstr("redis.url = \"redis://user:***@127.0.0.1:6379/2\""));
  EXPECT_THAT(text, Not(HasSubstr("geheim")));
}

TEST(print_config, is_itself_a_configuration_with_the_same_values) {
  ::dispatch::testing::temporary_folder folder;
  const auto first = load_config("", {{"DISPATCHD_ENGINE__LEASE", "1234"},
                                      {"DISPATCHD_ADMIN__DENY", "10.0.0.0/8,::1"},
                                      {"DISPATCHD_PLATFORMS__ANDROID", "none"},
                                      {"DISPATCHD_PLATFORMS__IOS", "none"},
                                      {"DISPATCHD_PLATFORMS__WEB", "none"}});
  ASSERT_TRUE(first.ok());
  const auto second = load_config(folder.file("c.toml", print_config(first.settings, first.origins)), {});
  ASSERT_TRUE(second.ok()) << to_string(second.errors[0]);
  EXPECT_EQ(print_config(first.settings, {}), print_config(second.settings, {}));
}

TEST(reference_config, is_the_shipped_file) {
  std::ofstream(WRITE_TO, std::ios::binary) << reference_config();
  EXPECT_EQ(content(SHIPPED_CONFIG), reference_config())
      << "the registry has changed: look at it and copy " << WRITE_TO << " to " << SHIPPED_CONFIG;
}

TEST(reference_config, loads_as_shipped_and_sets_only_defaults) {
  const auto loaded = load_config(SHIPPED_CONFIG, {});
  ASSERT_TRUE(loaded.ok()) << to_string(loaded.errors[0]);
  EXPECT_EQ(print_config(loaded.settings, {}), print_config(settings{}, {}));
}

TEST(reference_config, has_every_key_once_with_its_default_and_a_comment_also_where_commented_out) {
  ::dispatch::testing::temporary_folder folder;
  // What a user does: take away the "# " before keys and sections, not before prose.
  const std::regex commented("^# (\\[[a-z.]+\\]|[a-z_0-9]+ = .*)$");
  std::istringstream lines(content(SHIPPED_CONFIG));
  std::string text, line, before;
  std::size_t keys = 0;
  while (std::getline(lines, line)) {
    line = std::regex_replace(line, commented, "$1");
    text += line + '\n';
    const bool is_key = !line.empty() && line[0] != '#' && line[0] != '[';
    if (is_key) {
      ++keys;
      EXPECT_TRUE(before.starts_with("# ")) << line;
      EXPECT_LE(before.size(), 140u) << before;
    }
    before = line;
  }
  auto known = config::setting_keys().size();
  const settings none;
  config::for_each_app_section(none,
                               [&](std::string_view, const auto&, const auto& of) { known += of.size(); });
  EXPECT_EQ(keys, known);
  const auto loaded = load_config(folder.file("c.toml", text), {});
  for (const auto& error : loaded.errors) EXPECT_EQ(error.message, "is required") << to_string(error);
  settings expected;
  expected.fcm.emplace_back();
  expected.apns.emplace_back();
  expected.smtp.emplace_back();
  expected.tenants.emplace_back();
  expected.webpush.emplace_back();
  expected.webhook.emplace_back();
  expected.credentials.emplace_back();
  expected.sources.emplace_back();
  EXPECT_EQ(print_config(loaded.settings, {}), print_config(expected, {}));
  EXPECT_EQ(loaded.origins.size(), keys + 8) << "and one for each named section";
}

}  // namespace
}  // namespace dispatch
