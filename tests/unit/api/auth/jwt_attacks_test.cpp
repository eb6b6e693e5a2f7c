// What the advisories are full of (RFC 8725, OWASP API2).

#include <gtest/gtest.h>

#include "tests/unit/api/auth/tokens.hpp"

namespace dispatch::test {
namespace {

constexpr const char* untrusted = "is not trusted";

class jwt_attack : public ::testing::Test {
 protected:
  std::string verdict(const std::string& token) { return verdict_of(token, keys_); }
  /// Signed with the right secret: only the header is wrong.
  std::string with_header(const std::string& header) { return verdict(hs256(header, claims())); }

  key_pair rsa_ = make_rsa_keys(), ec_ = make_ec_keys();
  std::vector<jwt_key> keys_{hs256_key("hs"), public_key(rsa_, jws_algorithm::rs256, "rsa"),
                             public_key(ec_, jws_algorithm::es256, "ec")};
};

TEST_F(jwt_attack, algorithm_none_in_any_spelling) {
  for (const char* name : {"none", "None", "NONE", "nOnE", ""}) {
    const auto input =
        base64url(R"({"alg":")" + std::string(name) + R"(","kid":"hs"})") + '.' + base64url(claims());
    EXPECT_EQ(verdict(input + '.'), untrusted) << name;
    EXPECT_EQ(verdict(input), untrusted) << name;
    EXPECT_EQ(verdict(input + ".AA"), untrusted) << name;
  }
  EXPECT_EQ(with_header(R"({"kid":"hs"})"), untrusted) << "no alg at all";
  EXPECT_EQ(with_header(R"({"alg":null,"kid":"hs"})"), untrusted);
}

TEST_F(jwt_attack, the_public_key_as_hmac_secret) {
  const auto forged = hs256(R"({"alg":"HS256","kid":"rsa"})", claims(), rsa_.public_pem);
  EXPECT_EQ(verdict(forged), untrusted);
  EXPECT_EQ(verdict(hs256(R"({"alg":"RS256","kid":"rsa"})", claims(), rsa_.public_pem)), untrusted);
  EXPECT_EQ(verdict(hs256(R"({"alg":"HS256","kid":"ec"})", claims(), ec_.public_pem)), untrusted);
}

TEST_F(jwt_attack, one_keys_token_for_another_key) {
  const auto rs = signing_key::from_pem(rsa_.private_pem, jws_algorithm::rs256);
  EXPECT_EQ(verdict(*rs->sign(R"({"alg":"RS256","kid":"ec"})", claims())), untrusted);
  EXPECT_EQ(verdict(*rs->sign(R"({"alg":"ES256","kid":"ec"})", claims())), untrusted);
  EXPECT_EQ(verdict(*rs->sign(R"({"alg":"RS512","kid":"rsa"})", claims())), untrusted);
  const auto stranger = signing_key::from_pem(make_ec_keys().private_pem, jws_algorithm::es256);
  EXPECT_EQ(verdict(*stranger->sign(R"({"alg":"ES256","kid":"ec"})", claims())), untrusted);
}

TEST_F(jwt_attack, a_kid_that_is_a_path_a_query_or_an_address) {
  for (const char* kid : {"../../../../dev/null", "/dev/null", "hs' UNION SELECT 's", "hs\\u0000",
                          "https://evil.example/k", "hs;rm -rf /", "*", "%68s", "HS"})
    EXPECT_EQ(with_header(R"({"alg":"HS256","kid":")" + std::string(kid) + R"("})"), untrusted) << kid;
  // What an empty file would be as a secret.
  EXPECT_EQ(verdict(hs256(R"({"alg":"HS256","kid":"/dev/null"})", claims(), "")), untrusted);
  EXPECT_EQ(with_header(R"({"alg":"HS256","kid":["hs"]})"), untrusted);
}

TEST_F(jwt_attack, a_key_brought_along) {
  ASSERT_EQ(with_header(R"({"alg":"HS256","kid":"hs","x5t":"abc"})"), "key:hs")
      << "a mere thumbprint does no harm";
  for (const char* member :
       {R"("jwk":{"kty":"oct","k":"c3Nz"})", R"("jku":"https://evil.example/keys")",
        R"("x5u":"https://evil.example/c.pem")", R"("x5c":["MIIB"])", R"("crit":["exp"])", R"("b64":false)",
        R"("zip":"DEF")", R"("enc":"A256GCM")", R"("jwk":null)"})
    EXPECT_EQ(with_header(R"({"alg":"HS256","kid":"hs",)" + std::string(member) + '}'), untrusted) << member;
}

TEST_F(jwt_attack, members_that_come_twice) {
  EXPECT_EQ(with_header(R"({"alg":"none","alg":"HS256","kid":"hs"})"), untrusted);
  EXPECT_EQ(with_header(R"({"alg":"HS256","kid":"x","kid":"hs"})"), untrusted);
  const char* header = R"({"alg":"HS256","kid":"hs"})";
  EXPECT_EQ(verdict(hs256(header, claims(",\"aud\":\"other\""))), untrusted);
  EXPECT_EQ(verdict(hs256(header, claims(",\"e\\u0078p\":1"))), untrusted) << "also escaped";
  EXPECT_EQ(verdict(hs256(header, claims(",\"x\":{\"a\":1,\"a\":2}"))), untrusted) << "also inside";
}

TEST_F(jwt_attack, texts_that_are_no_token) {
  const auto good = hs256(R"({"alg":"HS256","kid":"hs"})", claims());
  ASSERT_EQ(verdict(good), "key:hs");
  EXPECT_EQ(verdict(good + "="), untrusted) << "padding";
  EXPECT_EQ(verdict(good + "A"), untrusted);
  EXPECT_EQ(verdict(' ' + good), untrusted);
  EXPECT_EQ(verdict(good + ".x"), untrusted) << "JWE has more parts";
  EXPECT_EQ(verdict("." + good), untrusted);
  auto tampered = good;
  tampered[good.find('.') + 5] ^= 1;
  EXPECT_EQ(verdict(tampered), untrusted);
  for (const char* text : {"", ".", "..", "...", "a.b.c", "e30.e30.", "e30.e30.AA", "\xff.\xff.\xff"})
    EXPECT_EQ(verdict(text), untrusted) << text;
  // The last letter of 32 bytes in base64url has two bits to spare: another spelling of the same signature.
  auto malleable = good;
  malleable.back() = malleable.back() == 'A' ? 'B' : static_cast<char>(malleable.back() + 1);
  EXPECT_EQ(verdict(malleable), untrusted);
}

TEST_F(jwt_attack, json_that_is_not_an_object_too_deep_or_no_utf8) {
  const char* header = R"({"alg":"HS256","kid":"hs"})";
  EXPECT_EQ(verdict(hs256(header, "[]")), untrusted);
  EXPECT_EQ(verdict(hs256(header, "\"text\"")), untrusted);
  EXPECT_EQ(verdict(hs256("[]", claims())), untrusted);
  EXPECT_EQ(verdict(hs256(header, claims() + "x")), untrusted);
  EXPECT_EQ(verdict(hs256(header, claims(",\"x\":\"\xff\""))), untrusted);
  EXPECT_EQ(verdict(hs256(header, claims(",\"x\":" + std::string(1'000, '[') + std::string(1'000, ']')))),
            untrusted);
}

TEST_F(jwt_attack, more_bytes_than_a_token_has) {
  const char* header = R"({"alg":"HS256","kid":"hs"})";
  const auto padded = [&](std::size_t bytes) {
    return hs256(header, claims(",\"x\":\"" + std::string(bytes, 'x') + '"'));
  };
  EXPECT_EQ(verdict(padded(5'000)), "key:hs");
  EXPECT_EQ(verdict(padded(max_jwt_bytes)), untrusted);
  EXPECT_EQ(verdict(std::string(10'000'000, '.')), untrusted);
}

}  // namespace
}  // namespace dispatch::test
