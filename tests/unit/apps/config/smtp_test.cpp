#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "apps/dispatchd/config/config.hpp"
#include "temporary.hpp"

namespace dispatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct smtp_config_test : ::testing::Test {
  config_result load(const std::string& keys, const environment& env = {}) {
    return load_config(folder.file("c.toml", "[smtp.default]\n" + keys), env);
  }
  std::string errors(const std::string& keys, const environment& env = {}) {
    std::string all;
    for (const auto& each : load(keys, env).errors) all.append(to_string(each)).append("\n");
    return all;
  }

  testing::temporary_folder folder;
  const std::string password_file = folder.file("password", "geheim\n");
  const std::string usual = "endpoint = \"smtp://mail.example.com\"\nfrom = \"Notes <n@duru.example>\"\n";
  const std::string login = "username = \"u\"\npassword_file = \"" + password_file + "\"\n";
};

TEST_F(smtp_config_test, an_app_needs_a_server_and_a_sender) {
  EXPECT_EQ(errors(usual), "");
  EXPECT_EQ(errors(usual + login), "");
  EXPECT_THAT(errors(""), HasSubstr("smtp.default.endpoint: is required"));
  EXPECT_THAT(errors(""), HasSubstr("smtp.default.from: is required"));
}

TEST_F(smtp_config_test, the_platform_may_be_served) {
  const auto path = folder.file("p.toml", "[platforms]\nemail = \"smtp\"\n[smtp.default]\n" + usual);
  EXPECT_TRUE(load_config(path, {}).ok());
}

TEST_F(smtp_config_test, the_endpoint_is_one_for_mail) {
  for (const auto* url :
       {"https://mail.example.com", "mail.example.com", "smtp://u:p@mail.example.com", "smtp://"})
    EXPECT_THAT(errors("from = \"a@b.example\"\nendpoint = \"" + std::string(url) + "\"\n"),
                HasSubstr("smtp.default.endpoint: "))
        << url;
}

TEST_F(smtp_config_test, user_name_and_password_belong_together) {
  EXPECT_THAT(errors(usual + "username = \"u\"\n"), HasSubstr("smtp.default.username: "));
  EXPECT_THAT(errors(usual + "password_file = \"" + password_file + "\"\n"),
              HasSubstr("smtp.default.username: "));
  EXPECT_EQ(errors(usual + "username = \"u\"\n", {{"DISPATCHD_SMTP__DEFAULT__PASSWORD", "geheim"}}), "");
  EXPECT_THAT(errors(usual + login, {{"DISPATCHD_SMTP__DEFAULT__PASSWORD", "geheim"}}),
              HasSubstr("one of them"));
}

TEST_F(smtp_config_test, a_password_stands_in_no_configuration_and_no_message) {
  const auto all = errors(usual + "username = \"u\"\npassword = \"geheim\"\n");
  EXPECT_THAT(all, HasSubstr("smtp.default.password: must not stand in a file: use password_file"));
  EXPECT_THAT(all, Not(HasSubstr("geheim")));
  const auto good = load(usual + "username = \"u\"\n", {{"DISPATCHD_SMTP__DEFAULT__PASSWORD", "geheim"}});
  const auto text = print_config(good.settings, good.origins);
  EXPECT_THAT(text, HasSubstr("smtp.default.password = \"***\""));
  EXPECT_THAT(text, Not(HasSubstr("geheim")));
}

TEST_F(smtp_config_test, mails_in_the_clear_stay_on_this_machine_unless_somebody_says_the_word) {
  const std::string from = "from = \"a@b.example\"\n";
  EXPECT_EQ(errors(from + "endpoint = \"smtp://127.0.0.1:25\"\ntls = \"none\"\n"), "");
  EXPECT_THAT(errors(from + "endpoint = \"smtp://mail.example.com\"\ntls = \"none\"\n"),
              HasSubstr("smtp.default.tls: none is for this machine"));
  EXPECT_EQ(errors(from + "endpoint = \"smtp://mail.example.com\"\ntls = \"insecure\"\n"), "");
  EXPECT_THAT(errors(from + "endpoint = \"smtps://127.0.0.1\"\ntls = \"none\"\n"),
              HasSubstr("smtp.default.tls: "));
}

TEST_F(smtp_config_test, nobody_logs_in_without_tls) {
  EXPECT_THAT(errors("from = \"a@b.example\"\nendpoint = \"smtp://127.0.0.1\"\ntls = \"none\"\n" + login),
              HasSubstr("smtp.default.tls: must be required with a username"));
}

TEST_F(smtp_config_test, what_goes_into_headers_is_checked) {
  for (const auto* wrong :
       {"reply_to = \"nobody\"", "reply_to = \"a\\r\\nBcc: c@d <a@b.example>\"", "helo_name = \"a b\"",
        "helo_name = \"a\\r\\nMAIL\"", "unsubscribe_url = \"http://a\"", "unsubscribe_url = \"https://a b\"",
        "unsubscribe_url = \"https://a/>, <https://b\"", "unsubscribe_mailto = \"a@b.example\""})
    EXPECT_NE(errors(usual + wrong + "\n"), "") << wrong;
  EXPECT_EQ(errors(usual + "reply_to = \"Help <a@b.example>\"\nunsubscribe_url = \"https://a/{{address}}\"\n"
                           "unsubscribe_mailto = \"mailto:a@b.example?subject={{id}}\"\n"),
            "");
}

TEST_F(smtp_config_test, a_new_password_is_live_and_a_new_server_is_not) {
  const auto before = load(usual + login).settings;
  const auto password = load(usual, {{"DISPATCHD_SMTP__DEFAULT__USERNAME", "u"},
                                     {"DISPATCHD_SMTP__DEFAULT__PASSWORD", "other"}})
                            .settings;
  EXPECT_TRUE(keys_needing_restart(before, password).empty());
  EXPECT_EQ(reloaded(before, password).smtp.at(0).password, "other");
  auto server = before;
  server.smtp.at(0).endpoint = "smtp://other.example.com";
  EXPECT_THAT(keys_needing_restart(before, server), ::testing::ElementsAre("smtp.default.endpoint"));
}

}  // namespace
}  // namespace dispatch
