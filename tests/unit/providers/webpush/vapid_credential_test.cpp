#include "transport/providers/webpush/vapid_credential.hpp"

#include <gtest/gtest.h>

#include "tests/support/key_pair.hpp"
#include "tests/unit/crypto/hex.hpp"
#include "tests/unit/providers/jws_verifier.hpp"
#include "tests/unit/providers/rfc7515_keys.hpp"
#include "tests/unit/providers/virtual_time.hpp"
#include "transport/crypto/p256_pem.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto subject = "mailto:ops@duru.example";
constexpr auto origin = "https://push.example:8443";

std::shared_ptr<const vapid_identity> identity_of(const std::string& key) {
  auto made = vapid_identity::make(key, subject);
  if (const auto* error = std::get_if<std::string>(&made)) {
    ADD_FAILURE() << *error;
    return nullptr;
  }
  return std::get<0>(made);
}

std::string error_of(const std::string& key, const std::string& who = subject) {
  const auto made = vapid_identity::make(key, who);
  const auto* error = std::get_if<std::string>(&made);
  return error ? *error : "";
}

struct fixture {
  virtual_time time;
  std::shared_ptr<const vapid_identity> identity = identity_of(rfc7515_ec_key);
  std::unique_ptr<credential> made = make_vapid_credential(
      identity, origin, [this] { return time.now(); }, time.timer());
};

TEST(vapid_credential, signs_the_token_of_rfc_8292) {
  fixture test;
  const auto headers = test.made->current();
  ASSERT_EQ(headers->size(), 3u);
  EXPECT_EQ((*headers)[1], (header{"content-encoding", "aes128gcm"}));
  EXPECT_EQ((*headers)[2], (header{"content-type", "application/octet-stream"}));
  const auto& [name, value] = headers->front();
  EXPECT_EQ(name, "authorization");
  ASSERT_TRUE(value.starts_with("vapid t="));
  const auto comma = value.find(", k=");
  ASSERT_NE(comma, std::string::npos);
  EXPECT_EQ(value.substr(comma + 4), test.identity->public_key());
  const auto token = value.substr(8, comma - 8);
  EXPECT_TRUE(verifies(token, rfc7515_ec_key));
  EXPECT_EQ(header_of_token(token), R"({"typ":"JWT","alg":"ES256"})");
  EXPECT_EQ(claims_of(token),
            R"({"aud":"https://push.example:8443","exp":1795478400,"sub":"mailto:ops@duru.example"})");
  EXPECT_EQ(test.made->expires_at(), test.time.now() + 12h);
}

TEST(vapid_credential, signs_anew_long_before_the_token_ends) {
  fixture test;
  const auto first = test.made->current();
  test.time.advance(6h - 1ms);
  EXPECT_EQ(test.made->current(), first);
  test.time.advance(1ms);
  EXPECT_NE(test.made->current(), first);
  EXPECT_EQ(test.made->expires_at(), test.time.now() + 12h);
}

TEST(vapid_credential, replaces_a_refused_token_unless_it_is_fresh) {
  fixture test;
  const auto first = test.made->current();
  EXPECT_FALSE(test.made->refused(first));
  test.time.advance(1min);
  EXPECT_TRUE(test.made->refused(first));
  const auto second = test.made->current();
  EXPECT_NE(second, first);
  EXPECT_TRUE(test.made->refused(first)) << "a newer one is there";
  EXPECT_EQ(test.made->current(), second);
}

TEST(vapid_credential, signs_anew_when_the_clock_was_set_back) {
  fixture test;
  auto now = test.time.now();
  const auto made = make_vapid_credential(
      test.identity, origin, [&now] { return now; }, test.time.timer());
  const auto first = made->current();
  now -= 1h;
  EXPECT_NE(made->current(), first);
}

TEST(vapid_credential, calls_back_with_a_token) {
  fixture test;
  std::shared_ptr<const header_list> got;
  test.made->await([&](std::shared_ptr<const header_list> headers, const std::string&) { got = headers; });
  EXPECT_EQ(got, nullptr);
  test.time.advance(0ms);
  EXPECT_EQ(got, test.made->current());
}

TEST(vapid_identity, takes_the_key_as_pem_and_as_libraries_print_it) {
  const auto pair = p256().generate();
  const auto from_pem = identity_of(p256_pair_to_pem(pair));
  const auto raw = base64url(test::text_of(pair.secret));
  EXPECT_EQ(identity_of(raw)->public_key(), from_pem->public_key());
  EXPECT_EQ(identity_of(raw + "=\n")->public_key(), from_pem->public_key());
  EXPECT_EQ(from_pem->public_key(), base64url(test::text_of(pair.open)));
  EXPECT_TRUE(verifies(identity_of(raw)->token(origin, 1s), p256_pair_to_pem(pair)));
}

TEST(vapid_identity, refuses_what_is_no_key_without_quoting_it) {
  for (const auto& key :
       {std::string(), std::string("geheim"), base64url(std::string(32, '\0')), base64url("geheim"),
        test::make_rsa_keys().private_pem, test::make_ec_keys("P-384").private_pem}) {
    const auto error = error_of(key);
    EXPECT_EQ(error, "the key is no private key on P-256, in PEM or as 32 bytes of base64");
  }
}

TEST(vapid_subject, is_a_mail_address_or_an_https_address) {
  for (const auto* good : {"mailto:ops@duru.example", "https://duru.example", "https://duru.example/push?x=1",
                           "mailto:a+b@mail.duru.example"})
    EXPECT_EQ(vapid_subject_problem(good), "") << good;
  for (const auto* bad : {"",
                          "ops@duru.example",
                          "mailto:",
                          "mailto:ops",
                          "mailto:@duru.example",
                          "mailto:ops@",
                          "mailto: ops@duru.example",
                          "mailto:<ops@duru.example>",
                          "mailto:Ops Team <ops@duru.example>",
                          "mailto:ops@localhost",
                          "mailto:ops@x.localhost",
                          "http://duru.example",
                          "https://localhost/",
                          "https://a.localhost",
                          "https://",
                          "mailto:a\"b@duru.example",
                          "mailto:a\\@duru.example",
                          "mailto:\xc3\xa4@duru.example",
                          "tel:123",
                          "mailto:ops@duru.example\n"})
    EXPECT_NE(vapid_subject_problem(bad), "") << bad;
  EXPECT_NE(vapid_subject_problem("https://duru.example/" + std::string(255, 'a')), "");
  EXPECT_NE(error_of(rfc7515_ec_key, "mailto:ops@localhost"), "");
}

}  // namespace
}  // namespace dispatch::testing
