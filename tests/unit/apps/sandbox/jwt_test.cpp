#include "apps/sandbox/jwt.hpp"

#include <gtest/gtest.h>

#include "apps/sandbox/issued_tokens.hpp"
#include "apps/sandbox/keys.hpp"
#include "apps/sandbox/oauth.hpp"
#include "apps/sandbox/provider_tokens.hpp"
#include "tests/unit/apps/sandbox/signing.hpp"

namespace dispatch::sandbox {
namespace {

constexpr std::int64_t now_s = 1'764'000'000;

EVP_PKEY* rsa_key() {
  static const auto key = make_rsa_2048_key();
  return key.get();
}

EVP_PKEY* ec_key() {
  static const auto key = make_p256_key();
  return key.get();
}

boost::json::object apns_header() {
  return {{"alg", "ES256"}, {"kid", "SANDBOXKEY"}};
}

boost::json::object apns_claims(std::int64_t iat = now_s) {
  return {{"iss", "SANDBOXTEA"}, {"iat", iat}};
}

TEST(jwt_parts, of_a_signed_token_verify_with_its_key_only) {
  const auto token = parse_jwt(testing_jwt::make({{"alg", "RS256"}}, {{"iss", "me"}}, rsa_key()));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->claim_text("iss"), "me");
  EXPECT_TRUE(verify_rs256(*token, rsa_key()));
  EXPECT_FALSE(verify_rs256(*token, make_rsa_2048_key().get()));
  EXPECT_FALSE(verify_es256(*token, ec_key()));
}

TEST(jwt_parts, refuse_a_changed_claim) {
  auto text = testing_jwt::make(apns_header(), apns_claims(), ec_key());
  const auto good = parse_jwt(text);
  ASSERT_TRUE(good && verify_es256(*good, ec_key()));
  const auto claims = text.find('.') + 1;
  text.replace(claims, text.find('.', claims) - claims, encode_base64url(R"({"iss":"OTHER","iat":1})"));
  const auto forged = parse_jwt(text);
  ASSERT_TRUE(forged);
  EXPECT_FALSE(verify_es256(*forged, ec_key()));
}

TEST(jwt_parts, of_garbage_are_none) {
  for (const auto* text :
       {"", ".", "..", "a.b", "a.b.c", "e30.e30.", "e30.e30.e30.e30", "W10.e30.AAAA", "!.!.!"}) {
    EXPECT_FALSE(parse_jwt(text)) << text;
  }
}

class provider_token : public testing::Test {
 protected:
  provider_tokens::verdict check(const std::string& token, std::int64_t now = now_s) {
    return tokens_.check("bearer " + token, now);
  }
  provider_tokens tokens_{ec_key(), "SANDBOXKEY", "SANDBOXTEA"};
};

using verdict = provider_tokens::verdict;

TEST_F(provider_token, is_good_for_an_hour) {
  const auto token = testing_jwt::make(apns_header(), apns_claims(), ec_key());
  EXPECT_EQ(check(token), verdict::good);
  EXPECT_EQ(check(token, now_s + 3600), verdict::good);
  EXPECT_EQ(check(token, now_s + 3601), verdict::expired);
}

TEST_F(provider_token, is_missing_without_a_bearer) {
  EXPECT_EQ(tokens_.check("", now_s), verdict::missing);
  EXPECT_EQ(tokens_.check("Basic abc", now_s), verdict::missing);
}

TEST_F(provider_token, is_invalid_when_any_part_is_wrong) {
  const auto other_key = make_p256_key();
  EXPECT_EQ(check("junk"), verdict::invalid);
  EXPECT_EQ(check(testing_jwt::make(apns_header(), apns_claims(), other_key.get())), verdict::invalid);
  EXPECT_EQ(check(testing_jwt::make({{"alg", "ES256"}, {"kid", "OTHERKEY00"}}, apns_claims(), ec_key())),
            verdict::invalid);
  EXPECT_EQ(check(testing_jwt::make({{"alg", "none"}, {"kid", "SANDBOXKEY"}}, apns_claims(), ec_key())),
            verdict::invalid);
  EXPECT_EQ(check(testing_jwt::make(apns_header(), {{"iss", "X"}, {"iat", now_s}}, ec_key())),
            verdict::invalid);
  EXPECT_EQ(check(testing_jwt::make(apns_header(), {{"iss", "SANDBOXTEA"}}, ec_key())), verdict::invalid);
  EXPECT_EQ(check(testing_jwt::make(apns_header(), apns_claims(now_s + 3600), ec_key())), verdict::invalid);
}

class oauth_grant : public testing::Test {
 protected:
  grant_problem judge(const boost::json::object& claims, EVP_PKEY* key = rsa_key()) {
    const auto form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
                      testing_jwt::make({{"alg", "RS256"}, {"typ", "JWT"}}, claims, key);
    std::string_view detail;
    return judge_grant(form, rules_, now_s, detail);
  }
  static boost::json::object claims() {
    return {{"iss", "robot@example"},
            {"aud", "https://127.0.0.1:1/token"},
            {"iat", now_s},
            {"exp", now_s + 3600},
            {"scope", "openid https://www.googleapis.com/auth/firebase.messaging"}};
  }
  static boost::json::object claims_with(std::string_view name, const boost::json::value& value) {
    auto changed = claims();
    changed[name] = value;
    return changed;
  }
  oauth_rules rules_{rsa_key(), "robot@example", "https://127.0.0.1:1/token"};
};

TEST_F(oauth_grant, is_given_for_a_right_assertion) {
  EXPECT_EQ(judge(claims()), grant_problem::none);
}

TEST_F(oauth_grant, is_refused_for_each_wrong_claim) {
  EXPECT_EQ(judge(claims_with("iss", "x")), grant_problem::invalid_grant);
  EXPECT_EQ(judge(claims_with("aud", "https://oauth2.googleapis.com/token")), grant_problem::invalid_grant);
  EXPECT_EQ(judge(claims_with("exp", now_s + 7200)), grant_problem::invalid_grant);
  EXPECT_EQ(judge(claims_with("exp", now_s - 4000)), grant_problem::invalid_grant);
  EXPECT_EQ(judge(claims_with("iat", now_s + 3600)), grant_problem::invalid_grant);
  EXPECT_EQ(judge(claims_with("iat", INT64_MIN)), grant_problem::invalid_grant);
  EXPECT_EQ(judge(claims_with("scope", "openid")), grant_problem::invalid_scope);
  EXPECT_EQ(judge(claims(), make_rsa_2048_key().get()), grant_problem::invalid_grant);
}

TEST_F(oauth_grant, is_refused_for_another_grant_type) {
  std::string_view detail;
  EXPECT_EQ(judge_grant("grant_type=password", rules_, now_s, detail), grant_problem::unsupported_grant_type);
  EXPECT_EQ(judge_grant("", rules_, now_s, detail), grant_problem::unsupported_grant_type);
}

TEST(issued_token, has_the_length_and_lifetime_ordered) {
  issued_tokens tokens;
  const auto usual = tokens.issue(now_s);
  EXPECT_EQ(usual.token.size(), 220U);
  EXPECT_EQ(usual.expires_in_s, 3599);
  EXPECT_TRUE(tokens.valid(usual.token, now_s));
  EXPECT_FALSE(tokens.valid(usual.token, now_s + 3599));
  tokens.set_length(1024);
  tokens.set_lifetime(5);
  const auto longer = tokens.issue(now_s);
  EXPECT_EQ(longer.token.size(), 1024U);
  EXPECT_FALSE(tokens.valid(longer.token, now_s + 5));
  tokens.revoke_all();
  EXPECT_FALSE(tokens.valid(usual.token, now_s));
}

}  // namespace
}  // namespace dispatch::sandbox
