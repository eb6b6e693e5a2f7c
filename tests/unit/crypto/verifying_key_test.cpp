#include <gtest/gtest.h>

#include "tests/support/key_pair.hpp"
#include "transport/providers/jwt.hpp"

namespace dispatch {
namespace {

std::string signed_with(const test::key_pair& keys, jws_algorithm algorithm, std::string_view input) {
  return *signing_key::from_pem(keys.private_pem, algorithm)->signature(input);
}

TEST(verifying_key, takes_what_the_private_half_signed_and_nothing_else) {
  const auto ec = test::make_ec_keys();
  const auto rsa = test::make_rsa_keys();
  for (const auto& [keys, algorithm] :
       {std::pair(ec, jws_algorithm::es256), std::pair(rsa, jws_algorithm::rs256)}) {
    const auto key = verifying_key::from_pem(keys.public_pem, algorithm);
    ASSERT_TRUE(key.has_value());
    auto signature = signed_with(keys, algorithm, "text");
    EXPECT_TRUE(key->verifies("text", signature));
    EXPECT_FALSE(key->verifies("Text", signature));
    EXPECT_FALSE(key->verifies("text", signature.substr(1)));
    EXPECT_FALSE(key->verifies("text", signature + '\0'));
    EXPECT_FALSE(key->verifies("text", ""));
    EXPECT_FALSE(key->verifies("text", std::string(signature.size(), '\0'))) << "r = s = 0 (CVE-2022-21449)";
    signature[10] = static_cast<char>(signature[10] ^ 1);
    EXPECT_FALSE(key->verifies("text", signature));
  }
}

// r or s are shorter than 32 bytes now and then.
TEST(verifying_key, reads_raw_signatures_whatever_their_leading_zeros) {
  const auto keys = test::make_ec_keys();
  const auto key = verifying_key::from_pem(keys.public_pem, jws_algorithm::es256);
  for (int i = 0; i < 300; ++i) {
    const auto text = std::to_string(i);
    ASSERT_TRUE(key->verifies(text, signed_with(keys, jws_algorithm::es256, text)));
  }
}

TEST(verifying_key, is_a_public_key_of_its_algorithms_type_and_size) {
  const auto error = [](const std::string& pem, jws_algorithm algorithm) {
    const auto key = verifying_key::from_pem(pem, algorithm);
    return key.has_value() ? "none" : std::string(to_string(key.error()));
  };
  const auto ec = test::make_ec_keys();
  EXPECT_EQ(error(ec.public_pem, jws_algorithm::rs256), "a key of another type or size");
  EXPECT_EQ(error(test::make_rsa_keys().public_pem, jws_algorithm::es256), "a key of another type or size");
  EXPECT_EQ(error(test::make_rsa_keys(1024).public_pem, jws_algorithm::rs256),
            "a key of another type or size");
  EXPECT_EQ(error(test::make_ec_keys("P-384").public_pem, jws_algorithm::es256),
            "a key of another type or size");
  EXPECT_EQ(error(ec.private_pem, jws_algorithm::es256), "not a PEM public key");
  EXPECT_EQ(error("", jws_algorithm::es256), "not a PEM public key");
}

}  // namespace
}  // namespace dispatch
