// [http.credentials.NAME], [http.sources.NAME] and [gorush]: sections within a section, secrets, reload.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dispatchd/config/config.hpp"
#include "core/digest.hpp"
#include "tests/unit/apps/config/temporary.hpp"

namespace dispatch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string digest = to_hex(sha256("dk_key"));
const std::string whsec = "whsec_Z2VoZWltZ2VoZWltZ2VoZWltZ2VoZWlt";

class ingest_config : public ::testing::Test {
 protected:
  config_result load(const std::string& text, const environment& env = {}) {
    path_ = folder_.file("dispatchd.toml", text);
    return load_config(path_, env);
  }
  std::vector<std::string> errors(const config_result& result) {
    std::vector<std::string> out;
    for (const auto& each : result.errors) {
      out.push_back(to_string(each));
      if (out.back().starts_with(path_)) out.back().replace(0, path_.size(), "FILE");
    }
    return out;
  }

  ::dispatch::testing::temporary_folder folder_;
  std::string path_;
};

TEST_F(ingest_config, reads_credentials_and_sources_by_name) {
  const auto mapping = folder_.file("m.json", R"({"job":{}})");
  const auto result = load(
      "[http.credentials.mobile-backend]\ntenant = \"duru\"\nscopes = [\"send\", \"read\"]\nkey_sha256 = "
      "[\"" +
      digest +
      "\"]\nper_minute = 50\n[http.sources.notes]\nlane = \"high\"\nverify = \"bearer\"\nsecret_file = \"" +
      folder_.file("s", "a shared word, long enough") + "\"\nmapping_file = \"" + mapping +
      "\"\ntolerance = \"1m\"\n[gorush]\ntenant = \"duru\"\nallow_from = [\"10.0.0.0/8\"]\n");
  ASSERT_THAT(errors(result), IsEmpty());
  ASSERT_EQ(result.settings.credentials.size(), 1u);
  const auto& credential = result.settings.credentials[0];
  EXPECT_EQ(credential.name, "mobile-backend");
  EXPECT_EQ(credential.tenant, "duru");
  EXPECT_THAT(credential.scopes, ElementsAre("send", "read"));
  EXPECT_EQ(credential.windows.minute, 50u);
  EXPECT_EQ(credential.windows.hour, 10'000u);
  ASSERT_EQ(result.settings.sources.size(), 1u);
  EXPECT_EQ(result.settings.sources[0].lane, lane::high);
  EXPECT_EQ(result.settings.sources[0].tolerance, std::chrono::minutes(1));
  EXPECT_EQ(result.settings.gorush.tenant, "duru");
  EXPECT_EQ(result.origins.at("http.credentials.mobile-backend.per_minute").line, 5u);
}

TEST_F(ingest_config, says_where_a_mistake_is) {
  EXPECT_THAT(errors(load("[http.credentials.a]\nkey_sha25 = []\n")),
              ElementsAre("FILE:2:13: http.credentials.a.key_sha25: unknown key, did you mean key_sha256?"));
  EXPECT_THAT(errors(load("[http.credential.a]\ntype = \"key\"\n")),
              ElementsAre(HasSubstr("FILE:1:7: http.credential: unknown section")));
  EXPECT_THAT(errors(load("[http]\ncredentials = 4\n")),
              ElementsAre("FILE:2:15: http.credentials: expects a table"));
  EXPECT_THAT(errors(load("[http.credentials]\na = 4\n")),
              ElementsAre("FILE:2:1: http.credentials.a: expects a table: [http.credentials.NAME]"));
  EXPECT_THAT(errors(load("[http.credentials.\"a b\"]\n")), ElementsAre(HasSubstr("a name must match")));
  EXPECT_THAT(errors(load("[http.credentials.a]\nkey_sha256 = [\"abc\"]\n")),
              ElementsAre(HasSubstr("FILE:2:14: http.credentials.a.key_sha256: must hold SHA-256 digests")));
  EXPECT_THAT(
      errors(load("[http.credentials.a]\ntype = \"jwt\"\nissuer = \"i\"\n")),
      ElementsAre(
          "FILE:1:19: http.credentials.a.audience: is required: a token for another service is none for us",
          "FILE:1:19: http.credentials.a.public_key_file: is required"));
  EXPECT_THAT(
      errors(
          load("[http.sources.s]\nverify = \"bearer\"\nsecret_file = \"/none\"\nmapping_file = \"/none\"\n")),
      ElementsAre("FILE:3:15: http.sources.s.secret_file: cannot read /none: No such file or directory",
                  "FILE:4:16: http.sources.s.mapping_file: cannot read /none: No such file or directory"));
}

TEST_F(ingest_config, takes_a_secret_from_the_environment_or_a_file_of_its_own_and_never_shows_it) {
  EXPECT_THAT(errors(load("[http.credentials.a]\ntype = \"hmac\"\nsecret = \"" + whsec + "\"\n")),
              ElementsAre("FILE:3:10: http.credentials.a.secret: must not stand in a file: use secret_file "
                          "or the environment"));
  const auto result =
      load("[http.credentials.Web-App]\ntype = \"hmac\"\n[http.credentials.k]\nkey_sha256 = [\"" + digest +
               "\"]\n",
           {{"DISPATCHD_HTTP__CREDENTIALS__WEB_APP__SECRET", whsec}});
  ASSERT_THAT(errors(result), IsEmpty());
  EXPECT_EQ(result.settings.credentials[0].secret, whsec)
      << "capitals and dashes cannot stand in a variable's name";
  const auto text = print_config(result.settings, result.origins);
  EXPECT_THAT(
      text,
      HasSubstr(
          "http.credentials.Web-App.secret = \"***\"  # env DISPATCHD_HTTP__CREDENTIALS__WEB_APP__SECRET\n"));
  EXPECT_THAT(text, HasSubstr("http.credentials.k.key_sha256 = [\"***\"]"));
  EXPECT_THAT(text, Not(HasSubstr(whsec)));
  EXPECT_THAT(text, Not(HasSubstr(digest)));
  const auto wrong = load("", {{"DISPATCHD_HTTP__CREDENTIALS__A__SECRET", "geheim"},
                               {"DISPATCHD_HTTP__CREDENTIALS__A__TYPE", "hmac"}});
  ASSERT_EQ(wrong.errors.size(), 1u);
  EXPECT_THAT(to_string(wrong.errors[0]), HasSubstr("must hold secrets of Standard Webhooks"));
  EXPECT_THAT(to_string(wrong.errors[0]), Not(HasSubstr("geheim")));
}

TEST_F(ingest_config, variables_name_section_entry_and_key) {
  EXPECT_THAT(
      errors(load("", {{"DISPATCHD_HTTP__CREDENTIALS__A", "x"}})),
      ElementsAre(
          "env DISPATCHD_HTTP__CREDENTIALS__A: http.credentials: expects DISPATCHD_SECTION__NAME__KEY"));
  EXPECT_THAT(
      errors(load("", {{"DISPATCHD_HTTP__CREDENTIALS__A__COLOUR", "x"}})),
      ElementsAre("env DISPATCHD_HTTP__CREDENTIALS__A__COLOUR: http.credentials.a.colour: unknown key"));
  EXPECT_EQ(load("", {{"DISPATCHD_GORUSH__APP", "news"}}).settings.gorush.app, "news");
}

TEST_F(ingest_config, comes_goes_and_changes_with_a_reload) {
  const auto keyed = [&](const std::string& name, int per_minute) {
    return "[http.credentials." + name + "]\nkey_sha256 = [\"" + digest +
           "\"]\nper_minute = " + std::to_string(per_minute) + "\n";
  };
  const auto before = load(keyed("a", 1)).settings;
  const auto after = load(keyed("b", 2) + "[gorush]\ntenant = \"t\"\n").settings;
  EXPECT_THAT(keys_needing_restart(before, after), IsEmpty());
  const auto now = reloaded(before, after);
  ASSERT_EQ(now.credentials.size(), 1u);
  EXPECT_EQ(now.credentials[0].name, "b");
  EXPECT_EQ(now.credentials[0].windows.minute, 2u);
  EXPECT_EQ(now.gorush.tenant, "t");
}

}  // namespace
}  // namespace dispatch
