#include "transport/providers/jwt.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "jws_verifier.hpp"
#include "rfc7515_keys.hpp"

namespace dispatch::testing {
namespace {

std::string pem_of(EVP_PKEY* key, bool with_password = false) {
  BIO* out = BIO_new(BIO_s_mem());
  unsigned char password[] = "secret";
  PEM_write_bio_PrivateKey(out, key, with_password ? EVP_aes_256_cbc() : nullptr,
                           with_password ? password : nullptr, with_password ? 6 : 0, nullptr, nullptr);
  char* data = nullptr;
  const auto length = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(length));
  BIO_free(out);
  EVP_PKEY_free(key);
  return text;
}

TEST(base64url, encodes_as_rfc_4648) {
  EXPECT_EQ(base64url(""), "");
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(base64url("foo"), "Zm9v");
  EXPECT_EQ(base64url("foob"), "Zm9vYg");
  EXPECT_EQ(base64url("fooba"), "Zm9vYmE");
  EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
}

TEST(signing_key, makes_the_rs256_token_of_rfc_7515) {
  const auto key = signing_key::from_pem(rfc7515_rsa_key, jws_algorithm::rs256);
  ASSERT_TRUE(key.has_value());
  const auto token = key->sign("{\"alg\":\"RS256\"}", rfc7515_payload);
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(*token, rfc7515_rs256);
}

TEST(signing_key, makes_es256_tokens_that_verify_as_rfc_7515s_does) {
  ASSERT_TRUE(verifies(rfc7515_es256, rfc7515_ec_key)) << "the verifier itself";
  const auto key = signing_key::from_pem(rfc7515_ec_key, jws_algorithm::es256);
  ASSERT_TRUE(key.has_value());
  // r or s are shorter than 32 bytes now and then and must be padded.
  for (int i = 0; i < 600; ++i) {
    const auto token = key->sign("{\"alg\":\"ES256\"}", rfc7515_payload);
    ASSERT_TRUE(token.has_value());
    ASSERT_EQ(base64url_decode(token->substr(token->rfind('.') + 1)).size(), 64u);
    ASSERT_TRUE(verifies(*token, rfc7515_ec_key));
  }
}

TEST(signing_key, refuses_what_is_no_usable_key) {
  const auto error = [](const std::string& pem, jws_algorithm algorithm) {
    const auto key = signing_key::from_pem(pem, algorithm);
    EXPECT_FALSE(key.has_value());
    return key.has_value() ? key_error::signing_failed : key.error();
  };
  EXPECT_EQ(error("", jws_algorithm::rs256), key_error::not_a_private_key);
  EXPECT_EQ(error("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", jws_algorithm::rs256),
            key_error::not_a_private_key);
  EXPECT_EQ(error(rfc7515_ec_key, jws_algorithm::rs256), key_error::wrong_type);
  EXPECT_EQ(error(rfc7515_rsa_key, jws_algorithm::es256), key_error::wrong_type);
  EXPECT_EQ(error(pem_of(EVP_RSA_gen(1024)), jws_algorithm::rs256), key_error::wrong_type) << "too weak";
  EXPECT_EQ(error(pem_of(EVP_EC_gen("P-384")), jws_algorithm::es256), key_error::wrong_type);
}

TEST(signing_key, never_asks_for_a_password) {
  const auto key = signing_key::from_pem(pem_of(EVP_EC_gen("P-256"), true), jws_algorithm::es256);
  ASSERT_FALSE(key.has_value());
  EXPECT_EQ(key.error(), key_error::not_a_private_key);
}

}  // namespace
}  // namespace dispatch::testing
