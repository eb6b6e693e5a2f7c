// What --check-config passes starts: whatever a file or a URL is that cannot be used, it is said with its key
// and place before anything runs; and nothing a path may name holds the look up.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "apps/dispatchd/config/config.hpp"
#include "tests/support/test_certificates.hpp"
#include "tests/unit/apps/config/credentials.hpp"
#include "tests/unit/apps/config/temporary.hpp"

namespace dispatch {
namespace {

using ::dispatch::testing::ec_key;
using ::dispatch::testing::rsa_key;
using ::dispatch::testing::service_account;
using ::testing::HasSubstr;

class trial_test : public ::testing::Test {
 protected:
  trial_test() { ::mkfifo((folder_.path() + "/fifo").c_str(), 0600); }

  using keys = std::vector<std::pair<std::string, std::string>>;  ///< in one section, values as TOML

  std::string errors(const std::string& section, const keys& values) {
    std::string text = "[platforms]\nandroid = \"none\"\nios = \"none\"\nweb = \"none\"\n[" + section + "]\n";
    for (const auto& [key, value] : values) text += key + " = " + value + '\n';
    std::string all;
    for (const auto& each : load_config(folder_.file("c.toml", text), {}).errors)
      all += to_string(each) + '\n';
    return all;
  }

  std::string quoted(const std::string& text) { return '"' + text + '"'; }
  std::string file(const std::string& name, const std::string& text) {
    return quoted(folder_.file(name, text));
  }

  /// With `key` set to every file that is none, and then to those of `unusable`: each is refused, with the
  /// key, and the line it stands on.
  void refuses_files(const std::string& section, keys good, const std::string& key,
                     const std::vector<std::string>& unusable) {
    ASSERT_EQ(errors(section, good), "") << "good as it is";
    auto at = std::find_if(good.begin(), good.end(), [&](const auto& each) { return each.first == key; });
    ASSERT_NE(at, good.end());
    const auto line = 6 + (at - good.begin());
    const auto said = "c.toml:" + std::to_string(line) + ':';
    std::vector<std::string> wrong{quoted(folder_.path() + "/none"), quoted(folder_.path()),
                                   quoted(folder_.path() + "/fifo"), quoted("/dev/zero"),
                                   file("huge", std::string(2 << 20, 'x'))};
    wrong.insert(wrong.end(), unusable.begin(), unusable.end());
    for (const auto& each : wrong) {
      at->second = each;
      const auto all = errors(section, good);
      EXPECT_THAT(all, HasSubstr(said)) << each;
      EXPECT_THAT(all, HasSubstr(": " + section + '.' + key + ": ")) << each;
      EXPECT_EQ(all.find("PRIVATE KEY"), std::string::npos) << all;
    }
  }

  ::dispatch::testing::temporary_folder folder_;
  const test::certificate_authority authority_;
  const std::string empty_ = file("empty", "");
  const std::string garbage_ = file("garbage", "no key at all \x1b\xff\n");
  const std::string p384_ = file("p384", test::make_ec_keys("P-384").private_pem);
  const std::string rsa_ = file("rsa", rsa_key());
  const std::string ec_ = file("ec", ec_key());
  const std::string ca_ = quoted(authority_.file());
};

TEST_F(trial_test, fcm) {
  const keys good{
      {"service_account_file", file("sa", service_account())}, {"ca_file", ca_}, {"token_ca_file", ca_}};
  refuses_files(
      "fcm.a", good, "service_account_file",
      {empty_, garbage_, ec_, file("google-services", R"({"project_info":{"project_number":"1"}})"),
       file("ec-inside", service_account(ec_key())), file("cut", service_account(rsa_key().substr(0, 500))),
       file("written-out", service_account("-----BEGIN PRIVATE KEY-----\\nMII"))});
  refuses_files("fcm.a", good, "ca_file", {empty_, garbage_, ec_});
  refuses_files("fcm.a", good, "token_ca_file", {empty_, garbage_, ec_});
  for (const auto* endpoint :
       {"https://h:70000", "https://h:0", "https://h:x", "https://u:p@h", "http://h", "h"})
    EXPECT_THAT(errors("fcm.a", {good[0], {"endpoint", quoted(endpoint)}}), HasSubstr("c.toml:7:"))
        << endpoint;
}

TEST_F(trial_test, apns_with_a_key) {
  auto flat = ec_key();
  for (auto at = flat.find('\n'); at != std::string::npos; at = flat.find('\n', at))
    flat.replace(at, 1, "\\n");
  const keys good{{"key_file", ec_},
                  {"key_id", quoted("ABCDE12345")},
                  {"team_id", quoted("TEAM123456")},
                  {"topic", quoted("a.b")},
                  {"ca_file", ca_}};
  refuses_files(
      "apns.a", good, "key_file",
      {empty_, garbage_, p384_, rsa_, file("flat", flat), file("public", test::make_ec_keys().public_pem)});
  refuses_files("apns.a", good, "ca_file", {empty_, garbage_, ec_});
  for (const auto* key : {"key_id", "team_id"}) {
    for (const auto* id : {"ABCDE1234", "ABCDE123456", "ABCDE-2345"}) {
      auto wrong = good;
      for (auto& [name, value] : wrong)
        if (name == key) value = quoted(id);
      EXPECT_THAT(errors("apns.a", wrong),
                  HasSubstr("apns.a." + std::string(key) + ": is not 10 letters and digits"));
    }
  }
}

TEST_F(trial_test, apns_with_a_certificate) {
  const auto made = authority_.issue_client("c", 400);
  const keys good{{"certificate_file", file("c.p12", test::p12_of(made, "geheim"))},
                  {"certificate_password_file", file("pw", "geheim\n")},
                  {"topic", quoted("a.b")}};
  refuses_files("apns.a", good, "certificate_file",
                {empty_, garbage_, ec_, file("alone", made.certificate_pem), file("keyless", made.key_pem)});
  auto wrong = good;
  for (const auto& each : {quoted(folder_.path() + "/fifo"), quoted(folder_.path())}) {
    wrong[1].second = each;
    EXPECT_THAT(errors("apns.a", wrong), HasSubstr("apns.a.certificate_password_file: "));
  }
  wrong[1].second = empty_;
  EXPECT_THAT(errors("apns.a", wrong), HasSubstr("holds no password"));
}

TEST_F(trial_test, webpush_and_webhooks) {
  const keys webpush{{"vapid_key_file", ec_}, {"subject", quoted("mailto:a@b.example")}, {"ca_file", ca_}};
  refuses_files("webpush.a", webpush, "vapid_key_file", {empty_, garbage_, p384_, rsa_});
  refuses_files("webpush.a", webpush, "ca_file", {empty_, garbage_, ec_});
  const keys webhook{{"secret_file", file("s", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")},
                     {"ca_file", ca_}};
  refuses_files("webhook.a", webhook, "secret_file", {empty_, garbage_, file("short", "whsec_MfKQ\n")});
  refuses_files("webhook.a", webhook, "ca_file", {empty_, garbage_, ec_});
}

TEST_F(trial_test, smtp) {
  const keys good{{"endpoint", quoted("smtp://mail.example.com")},
                  {"from", quoted("a@b.example")},
                  {"username", quoted("u")},
                  {"password_file", file("pw", "geheim\n")},
                  {"text_template_file", file("t", "{{body}}")},
                  {"html_template_file", file("h", "<p>{{body}}</p>")},
                  {"ca_file", ca_}};
  refuses_files("smtp.a", good, "password_file", {empty_, file("line", "\ngeheim\n")});
  refuses_files("smtp.a", good, "text_template_file", {});
  refuses_files("smtp.a", good, "html_template_file", {});
  refuses_files("smtp.a", good, "ca_file", {empty_, garbage_, ec_});
  for (const auto* endpoint : {"smtp://h:70000", "smtp://h:0", "smtp://h:x"})
    EXPECT_NE(errors("smtp.a", {{"endpoint", quoted(endpoint)}, good[1]}), "") << endpoint;
}

TEST_F(trial_test, redis) {
  const keys good{{"ca_file", ca_}, {"password_file", file("pw", "geheim\n")}};
  refuses_files("redis", good, "ca_file", {empty_, garbage_, ec_});
  refuses_files("redis", good, "password_file", {empty_, file("line", "\ngeheim\n")});
  for (const auto* url : {"redis://h:70000", "redis://h:0", "redis://h/x", "redis://h/-1", "redis://h/1/2",
                          "redis://u:geheim@x@h", "redis://h?db=3", "redis://h/0#x", "unix://h/p", "unix://",
                          "unix:///run/r.sock?password=geheim", "http://h", "redis://", "h:6379", ""}) {
    const auto all = errors("redis", {{"url", quoted(url)}});
    EXPECT_THAT(all, HasSubstr("c.toml:6:7: redis.url: ")) << url;
    EXPECT_EQ(all.find("geheim"), std::string::npos) << all;
  }
  EXPECT_EQ(errors("redis", {{"url", quoted("unix://u:p%40ss@/run/r.sock")}}), "");
}

TEST_F(trial_test, http) {
  const auto server = authority_.issue({"DNS:localhost"});
  const auto other = authority_.issue({"DNS:localhost"});
  const keys good{{"tls_certificate_file", file("cert", server.certificate_pem)},
                  {"tls_key_file", file("key", server.key_pem)}};
  const auto with = [&](const std::string& certificate, const std::string& key) {
    std::string text = "[http.credentials.a]\ntype = \"key\"\nscopes = [\"send\"]\nkey_sha256 = [\"" +
                       std::string(64, 'a') + "\"]\n[http]\ntls_certificate_file = " + certificate +
                       "\ntls_key_file = " + key + "\n";
    std::string all;
    for (const auto& each : load_config(folder_.file("c.toml", text), {}).errors)
      all += to_string(each) + '\n';
    return all;
  };
  ASSERT_EQ(with(good[0].second, good[1].second), "");
  for (const auto& wrong :
       {empty_, garbage_, ec_, quoted(folder_.path()), quoted(folder_.path() + "/fifo")}) {
    EXPECT_THAT(with(wrong, good[1].second), HasSubstr("c.toml:6:24: http.tls_certificate_file: ")) << wrong;
    EXPECT_NE(with(good[0].second, wrong), "") << wrong;
  }
  EXPECT_NE(with(good[0].second, file("other", other.key_pem)), "") << "another certificate's";
}

TEST_F(trial_test, http_secrets) {
  const keys hmac{{"type", quoted("hmac")},
                  {"scopes", "[\"send\"]"},
                  {"secret_file", file("s", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")}};
  refuses_files("http.credentials.a", hmac, "secret_file", {empty_, garbage_});
  const keys jwt{
      {"type", quoted("jwt")},        {"scopes", "[\"send\"]"},
      {"algorithm", quoted("ES256")}, {"issuer", quoted("i")},
      {"audience", quoted("a")},      {"public_key_file", file("pub", test::make_ec_keys().public_pem)}};
  refuses_files("http.credentials.a", jwt, "public_key_file",
                {empty_, garbage_, file("p384pub", test::make_ec_keys("P-384").public_pem),
                 file("rsapub", test::make_rsa_keys().public_pem)});
  const keys source{{"verify", quoted("bearer")},
                    {"secret_file", file("word", "0123456789abcdef\n")},
                    {"mapping_file", quoted(MAPPING)}};
  refuses_files("http.sources.a", source, "secret_file", {empty_, file("few", "word\n")});
  refuses_files("http.sources.a", source, "mapping_file", {empty_, garbage_, file("json", "[]")});
}

TEST_F(trial_test, the_log_can_be_written) {
  EXPECT_EQ(errors("log", {{"file", quoted(folder_.path() + "/new.log")}}), "");
  EXPECT_EQ(errors("log", {{"file", quoted("/dev/null")}}), "");
  for (const auto& file : {folder_.path() + "/none/new.log", folder_.path(), folder_.path() + "/fifo"})
    EXPECT_THAT(errors("log", {{"file", quoted(file)}}),
                HasSubstr("c.toml:6:8: log.file: cannot write " + file));
}

TEST_F(trial_test, the_file_itself) {
  for (const auto& path :
       {folder_.path(), folder_.path() + "/fifo", std::string("/dev/zero"), folder_.path() + "/none"})
    EXPECT_THAT(to_string(load_config(path, {}).errors.at(0)), HasSubstr(path + ":1:1: cannot be read: "));
}

TEST_F(trial_test, no_message_steers_a_terminal) {
  const auto all = errors("\"fcm\".\"a\\u001b[2J\"", {{"\"x\\u009b\"", "1"}});
  EXPECT_NE(all, "");
  EXPECT_EQ(all.find_first_of("\x1b\x9b"), std::string::npos) << all;
}

}  // namespace
}  // namespace dispatch
