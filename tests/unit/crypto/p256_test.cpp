#include "transport/crypto/p256.hpp"

#include <gtest/gtest.h>

#include "tests/support/key_pair.hpp"
#include "tests/unit/crypto/hex.hpp"
#include "transport/crypto/p256_pem.hpp"

namespace dispatch {
namespace {

using test::from_hex;
using test::text_of;

/// NIST CAVS, ECC CDH primitive, P-256, COUNT = 0.
const std::string nist_secret = from_hex("7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534");
const std::string nist_peer = from_hex(
    "04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
    "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac");

TEST(p256, agrees_with_the_published_shared_secret) {
  p256 curve;
  const auto shared = curve.shared_secret(test::array_of<p256_number>(nist_secret), nist_peer);
  ASSERT_TRUE(shared);
  EXPECT_EQ(text_of(*shared), from_hex("46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b"));
}

TEST(p256, two_sides_agree) {
  p256 curve;
  for (int i = 0; i < 20; ++i) {
    const auto one = curve.generate(), other = curve.generate();
    EXPECT_NE(text_of(one.secret), text_of(other.secret));
    const auto here = curve.shared_secret(one.secret, text_of(other.open));
    const auto there = curve.shared_secret(other.secret, text_of(one.open));
    ASSERT_TRUE(here && there);
    EXPECT_EQ(text_of(*here), text_of(*there));
    EXPECT_EQ(text_of(curve.pair_of(text_of(one.secret))->open), text_of(one.open));
  }
}

TEST(p256, takes_no_point_that_is_not_on_the_curve) {
  p256 curve;
  auto wrong_y = nist_peer, compressed = nist_peer.substr(0, 33), hybrid = nist_peer;
  wrong_y.back() = static_cast<char>(wrong_y.back() ^ 1);
  compressed.front() = 2;
  hybrid.front() = 6;
  const std::string beyond_the_field = "\x04" + std::string(64, '\xff');
  for (const auto& bytes :
       {wrong_y, compressed, hybrid, beyond_the_field, "\x04" + std::string(64, '\0'), std::string(1, '\0'),
        std::string(65, '\0'), std::string(), nist_peer.substr(0, 64), nist_peer + "x"}) {
    EXPECT_FALSE(curve.shared_secret(test::array_of<p256_number>(nist_secret), bytes));
    EXPECT_FALSE(curve.is_point(bytes));
  }
  EXPECT_TRUE(curve.is_point(nist_peer)) << "and goes on after all that";
}

TEST(p256, takes_secrets_below_the_order_only) {
  p256 curve;
  const auto order = from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  auto below = order;
  below.back() = static_cast<char>(below.back() - 1);
  EXPECT_TRUE(curve.pair_of(below));
  EXPECT_FALSE(curve.pair_of(order));
  EXPECT_FALSE(curve.pair_of(std::string(32, '\0')));
  EXPECT_FALSE(curve.pair_of(std::string(31, '\1')));
}

TEST(p256_pem, reads_what_it_has_written) {
  const auto pair = p256().generate();
  const auto pem = p256_pair_to_pem(pair);
  EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
  const auto again = p256_pair_from_pem(pem);
  ASSERT_TRUE(again);
  EXPECT_EQ(text_of(again->secret), text_of(pair.secret));
  EXPECT_EQ(text_of(again->open), text_of(pair.open));
}

TEST(p256_pem, takes_no_other_kind_of_key) {
  EXPECT_TRUE(p256_pair_from_pem(test::make_ec_keys().private_pem));
  EXPECT_FALSE(p256_pair_from_pem(test::make_ec_keys("P-384").private_pem));
  EXPECT_FALSE(p256_pair_from_pem(test::make_ec_keys().public_pem));
  EXPECT_FALSE(p256_pair_from_pem(test::make_rsa_keys().private_pem));
  EXPECT_FALSE(p256_pair_from_pem(""));
  EXPECT_FALSE(p256_pair_from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
}

}  // namespace
}  // namespace dispatch
