// What dispatchctl makes, dispatchd takes.

#include "apps/dispatchctl/credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/config/ingest_tables.hpp"
#include "apps/dispatchctl/session.hpp"
#include "apps/dispatchd/config/config.hpp"
#include "tests/support/key_pair.hpp"
#include "tests/unit/apps/config/temporary.hpp"
#include "transport/crypto/hmac.hpp"

namespace dispatch::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::system_clock::time_point now{std::chrono::seconds{1'795'435'200}};

std::string member(const std::string& json, const char* name) {
  return boost::json::parse(json).at(name).as_string().c_str();
}

std::shared_ptr<const ingest_tables> tables_of(const settings& values) {
  return make_ingest_tables(values.credentials, values.sources, values.gorush).tables;
}

/// Who a request is by, or "refused".
std::string caller(const std::shared_ptr<const ingest_tables>& tables,
                   std::vector<std::pair<std::string, std::string>> headers, std::string body) {
  const http_request request{"POST", "/v1/jobs", std::move(headers), std::move(body), "192.0.2.1"};
  const auto result = authenticator(tables->credentials).check(request, now);
  const auto* accepted = std::get_if<authenticated>(&result);
  return accepted ? accepted->who->credential + ' ' + accepted->who->tenant : "refused";
}

TEST(key_new, prints_a_section_that_takes_its_key) {
  ::dispatch::testing::temporary_folder folder;
  new_key_options options;
  options.name = "mobile";
  options.tenant = "duru";
  options.scopes = {"send", "read"};
  options.per_minute = 50;
  options.per_day = 0;
  options.json = true;
  const auto made = new_key_text(options, random_secret(32));
  const auto loaded = load_config(folder.file("c.toml", member(made, "config")), {});
  ASSERT_TRUE(loaded.ok()) << to_string(loaded.errors[0]);
  const auto tables = tables_of(loaded.settings);
  EXPECT_EQ(caller(tables, {{"x-api-key", member(made, "key")}}, ""), "key:mobile duru");
  const auto& who = *tables->credentials->keys[0].who;
  EXPECT_TRUE(who.scopes.has(scope::read));
  EXPECT_EQ(who.windows.minute, 50u);
  EXPECT_EQ(who.windows.hour, 10'000u);
  EXPECT_EQ(who.windows.day, 0u);
}

TEST(key_new, shows_the_key_once_and_its_digest_alone_in_the_section) {
  const auto text = new_key_text({}, std::string(32, '\x01'));
  const auto key = "dk_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
  EXPECT_THAT(text, HasSubstr(key));
  EXPECT_THAT(text.substr(text.find("[http")), Not(HasSubstr(key)));
  EXPECT_THAT(text, HasSubstr("key_sha256 = [\"" + to_hex(sha256(key)) + "\"]"));
}

TEST(key_new, refuses_scopes_and_names_there_cannot_be) {
  new_key_options options;
  options.name = "a]\nb";
  EXPECT_THROW(new_key_text(options, std::string(32, 'x')), usage_error);
  options.name = "a";
  options.scopes = {"root"};
  EXPECT_THROW(new_key_text(options, std::string(32, 'x')), usage_error);
}

TEST(sign, makes_headers_that_the_secret_of_key_new_is_taken_with) {
  ::dispatch::testing::temporary_folder folder;
  new_key_options options;
  options.type = "hmac";
  options.name = "billing";
  options.json = true;
  const auto made = new_key_text(options, random_secret(32));
  const auto secret = member(made, "secret");
  auto config = member(made, "config");
  const std::string path = "/etc/dispatch/billing.secret";
  config.replace(config.find(path), path.size(), folder.file("billing.secret", secret + '\n'));
  const auto loaded = load_config(folder.file("c.toml", config), {});
  ASSERT_TRUE(loaded.ok()) << to_string(loaded.errors[0]);

  sign_options sign;
  sign.json = true;
  const auto headers = boost::json::parse(signed_headers(sign, secret, "{\"a\":1}", now)).as_object();
  std::vector<std::pair<std::string, std::string>> given;
  for (const auto& each : headers) given.emplace_back(each.key(), each.value().as_string());
  EXPECT_EQ(caller(tables_of(loaded.settings), given, "{\"a\":1}"), "key:billing default");
  EXPECT_EQ(caller(tables_of(loaded.settings), given, "{\"a\":2}"), "refused");
}

TEST(sign, prints_headers_a_line_each) {
  sign_options options;
  options.id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  options.timestamp = 1614265330;
  EXPECT_EQ(signed_headers(options, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", R"({"test": 2432232314})", now),
            "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\n"
            "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n");
  options.id = "msg.1";
  EXPECT_THROW(signed_headers(options, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "", now), usage_error);
  EXPECT_THROW(signed_headers({}, "not a secret", "", now), usage_error);
}

TEST(sign, makes_tokens_of_every_algorithm) {
  ::dispatch::testing::temporary_folder folder;
  const auto ec = test::make_ec_keys();
  const auto rsa = test::make_rsa_keys();
  const std::string shared(40, 's');
  const struct {
    const char* algorithm;
    std::string key, config;
  } cases[] = {
      {"HS256", shared, "secret_file = \"" + folder.file("hs", shared) + '"'},
      {"RS256", rsa.private_pem, "public_key_file = \"" + folder.file("rs", rsa.public_pem) + '"'},
      {"ES256", ec.private_pem, "public_key_file = \"" + folder.file("es", ec.public_pem) + '"'},
  };
  for (const auto& each : cases) {
    const auto loaded =
        load_config(folder.file("c.toml",
                                "[http.credentials.c]\ntype = \"jwt\"\nissuer = \"me\"\naudience = "
                                "\"dispatch\"\nkey_id = \"k\"\nalgorithm = \"" +
                                    std::string(each.algorithm) + "\"\n" + each.config + '\n'),
                    {});
    ASSERT_TRUE(loaded.ok()) << to_string(loaded.errors[0]);
    sign_options options;
    options.jwt = each.algorithm;
    options.issuer = "me";
    options.audience = "dispatch";
    options.key_id = "k";
    const auto token = signed_token(options, each.key, now);
    EXPECT_EQ(caller(tables_of(loaded.settings), {{"authorization", "Bearer " + token}}, ""), "key:c default")
        << each.algorithm;
  }
  sign_options options;
  options.jwt = "ES256";
  EXPECT_THROW(signed_token(options, ec.private_pem, now), usage_error) << "no issuer";
  options.issuer = options.audience = "x";
  EXPECT_THROW(signed_token(options, ec.public_pem, now), usage_error) << "no private key";
}

}  // namespace
}  // namespace dispatch::ctl
