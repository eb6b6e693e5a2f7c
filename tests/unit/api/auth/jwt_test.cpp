#include <gtest/gtest.h>

#include "tests/unit/api/auth/tokens.hpp"

namespace dispatch::test {
namespace {

constexpr const char* header = R"({"alg":"HS256","kid":"k1","typ":"JWT"})";

std::string verdict(const std::string& token) {
  const jwt_key keys[] = {hs256_key()};
  return verdict_of(token, keys);
}

TEST(jwt, of_each_algorithm_is_taken_by_its_key) {
  const auto ec = make_ec_keys();
  const auto rsa = make_rsa_keys();
  const jwt_key keys[] = {hs256_key(), public_key(ec, jws_algorithm::es256, "ec"),
                          public_key(rsa, jws_algorithm::rs256, "rsa")};
  EXPECT_EQ(verdict_of(hs256(header, claims()), keys), "key:hs");
  const auto es = signing_key::from_pem(ec.private_pem, jws_algorithm::es256);
  EXPECT_EQ(verdict_of(*es->sign(R"({"alg":"ES256","kid":"ec"})", claims()), keys), "key:ec");
  const auto rs = signing_key::from_pem(rsa.private_pem, jws_algorithm::rs256);
  EXPECT_EQ(verdict_of(*rs->sign(R"({"alg":"RS256","kid":"rsa"})", claims()), keys), "key:rsa");
}

TEST(jwt, goes_through_the_authorization_header) {
  credential_table table;
  table.jwts.push_back(hs256_key());
  EXPECT_EQ(outcome(check(table, with_headers({{"authorization", "Bearer " + hs256(header, claims())}}))),
            "key:hs");
  EXPECT_EQ(outcome(check(
                table, with_headers({{"authorization", "Bearer " + hs256(header, claims({}, now_s - 60))}}))),
            "401 the token is expired, or does not say when it expires");
  EXPECT_EQ(outcome(check(table, with_headers({{"x-api-key", hs256(header, claims())}}))),
            "401 the credential is not valid")
      << "that header is for keys";
}

TEST(jwt, must_expire_within_the_longest_lifetime) {
  EXPECT_EQ(verdict(hs256(header, claims({}, now_s + 1))), "key:hs");
  EXPECT_EQ(verdict(hs256(header, claims({}, now_s))), "is expired, or does not say when it expires");
  EXPECT_EQ(verdict(hs256(header, claims({}, now_s + 86'400))), "key:hs");
  EXPECT_EQ(verdict(hs256(header, claims({}, now_s + 86'401))), "is valid for too long");
  const auto without = R"({"iss":"https://idp.example","aud":"dispatch"})";
  EXPECT_EQ(verdict(hs256(header, without)), "is expired, or does not say when it expires");
  for (const char* exp : {"\"1795438800\"", "null", "true", "[1795438800]", "1e300", "-1e300", "{}"})
    EXPECT_NE(verdict(hs256(header, R"({"iss":"https://idp.example","aud":"dispatch","exp":)" +
                                        std::string(exp) + '}')),
              "key:hs")
        << exp;
  EXPECT_EQ(verdict(hs256(header, R"({"iss":"https://idp.example","aud":"dispatch","exp":1795438800.5})")),
            "key:hs")
      << "NumericDate may have a fraction";
}

TEST(jwt, is_not_taken_before_its_time) {
  EXPECT_EQ(verdict(hs256(header, claims(",\"nbf\":" + std::to_string(now_s)))), "key:hs");
  EXPECT_EQ(verdict(hs256(header, claims(",\"nbf\":" + std::to_string(now_s + 1)))), "is not valid yet");
  EXPECT_EQ(verdict(hs256(header, claims(",\"iat\":" + std::to_string(now_s + 1)))), "is not valid yet");
  EXPECT_EQ(verdict(hs256(header, claims(",\"nbf\":\"now\""))), "is not valid yet");
}

TEST(jwt, leeway_is_for_clocks_that_differ) {
  jwt_key key = hs256_key();
  key.leeway = std::chrono::seconds{30};
  const jwt_key keys[] = {key};
  EXPECT_EQ(verdict_of(hs256(header, claims({}, now_s - 29)), keys), "key:hs");
  EXPECT_EQ(verdict_of(hs256(header, claims({}, now_s - 30)), keys),
            "is expired, or does not say when it expires");
  EXPECT_EQ(verdict_of(hs256(header, claims(",\"nbf\":" + std::to_string(now_s + 30))), keys), "key:hs");
  EXPECT_EQ(verdict_of(hs256(header, claims(",\"nbf\":" + std::to_string(now_s + 31))), keys),
            "is not valid yet");
}

TEST(jwt, must_be_meant_for_us) {
  const auto with = [](const char* audience) {
    return hs256(header,
                 R"({"iss":"https://idp.example","exp":1795438800,"aud":)" + std::string(audience) + '}');
  };
  EXPECT_EQ(verdict(with("\"dispatch\"")), "key:hs");
  EXPECT_EQ(verdict(with(R"(["other","dispatch"])")), "key:hs");
  for (const char* audience :
       {"\"other\"", "\"\"", "[]", R"(["dispatc"])", R"([["dispatch"]])", "null", "{}", "1"})
    EXPECT_EQ(verdict(with(audience)), "is for another audience") << audience;
  EXPECT_EQ(verdict(hs256(header, R"({"iss":"https://idp.example","exp":1795438800})")),
            "is for another audience");
}

TEST(jwt, names_its_key_by_issuer_and_kid) {
  EXPECT_EQ(verdict(hs256(R"({"alg":"HS256"})", claims())), "is not trusted") << "no kid";
  EXPECT_EQ(verdict(hs256(R"({"alg":"HS256","kid":"k2"})", claims())), "is not trusted");
  EXPECT_EQ(verdict(hs256(R"({"alg":"HS256","kid":1})", claims())), "is not trusted");
  EXPECT_EQ(verdict(hs256(header, R"({"iss":"https://other.example","aud":"dispatch","exp":1795438800})")),
            "is not trusted");
  EXPECT_EQ(verdict(hs256(header, R"({"aud":"dispatch","exp":1795438800})")), "is not trusted");
  const jwt_key keys[] = {hs256_key("")};
  EXPECT_EQ(verdict_of(hs256(R"({"alg":"HS256"})", claims()), keys), "key:hs") << "configured without";
  EXPECT_EQ(verdict_of(hs256(header, claims()), keys), "is not trusted");
}

}  // namespace
}  // namespace dispatch::test
