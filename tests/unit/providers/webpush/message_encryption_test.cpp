#include "transport/providers/webpush/message_encryption.hpp"

#include <gtest/gtest.h>

#include "tests/unit/crypto/hex.hpp"
#include "transport/crypto/base64.hpp"

namespace dispatch::testing {
namespace {

using test::array_of;
using test::text_of;

// RFC 8291, appendix A.
constexpr auto rfc_text = "When I grow up, I want to be a watermelon";
constexpr auto rfc_p256dh =
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
constexpr auto rfc_auth = "BTBZMqHH6r4Tts7J_aSIgg";
constexpr auto rfc_sender_secret = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
constexpr auto rfc_salt = "DGv6ra1nlYgDCS1FRnbzlw";

seal_randomness rfc_randomness() {
  return {*p256().pair_of(*base64url_decode(rfc_sender_secret)),
          array_of<std::array<unsigned char, 16>>(*base64url_decode(rfc_salt))};
}

TEST(message_encryption, makes_the_example_of_rfc_8291) {
  std::string body = rfc_text;
  message_sealer sealer;
  const auto keys = subscription_keys::parse(rfc_p256dh, rfc_auth);
  ASSERT_TRUE(keys);
  ASSERT_EQ(sealer.seal(*keys, rfc_randomness(), body), seal_status::ok);
  EXPECT_EQ(
      base64url(body),
      "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzA"
      "C8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

TEST(message_encryption, is_different_each_time) {
  message_sealer sealer;
  std::string one = rfc_text, other = rfc_text;
  ASSERT_EQ(sealer.seal(rfc_p256dh, rfc_auth, one), seal_status::ok);
  ASSERT_EQ(sealer.seal(rfc_p256dh, rfc_auth, other), seal_status::ok);
  EXPECT_NE(one.substr(0, 16), other.substr(0, 16)) << "the salt";
  EXPECT_NE(one.substr(21, 65), other.substr(21, 65)) << "the sender's key";
  EXPECT_NE(one.substr(86), other.substr(86));
}

TEST(message_encryption, fills_a_push_services_4096_bytes_and_no_more) {
  message_sealer sealer;
  std::string most(message_sealer::max_plaintext, 'x');
  ASSERT_EQ(sealer.seal(rfc_p256dh, rfc_auth, most), seal_status::ok);
  EXPECT_EQ(most.size(), 4'096u);
  std::string more(message_sealer::max_plaintext + 1, 'x');
  EXPECT_EQ(sealer.seal(rfc_p256dh, rfc_auth, more), seal_status::too_large);
  EXPECT_EQ(more, std::string(message_sealer::max_plaintext + 1, 'x'));
  std::string empty;
  ASSERT_EQ(sealer.seal(rfc_p256dh, rfc_auth, empty), seal_status::ok);
  EXPECT_EQ(empty.size(), 103u);
}

TEST(message_encryption, reads_keys_in_every_base64) {
  const auto point = *base64url_decode(rfc_p256dh), secret = *base64url_decode(rfc_auth);
  message_sealer sealer;
  for (const auto& [p256dh, auth] :
       {std::pair(base64(point), base64(secret)), std::pair(base64url(point) + "=", base64url(secret) + "=="),
        std::pair(base64(point).substr(0, 87), base64(secret).substr(0, 22))}) {
    const auto keys = subscription_keys::parse(p256dh, auth);
    ASSERT_TRUE(keys) << p256dh;
    EXPECT_EQ(text_of(keys->open), point);
    EXPECT_EQ(text_of(keys->auth), secret);
    EXPECT_EQ(sealer.check(p256dh, auth), seal_status::ok);
  }
}

TEST(message_encryption, leaves_the_body_alone_when_the_keys_are_none) {
  auto off_curve = *base64url_decode(rfc_p256dh);
  off_curve.back() = static_cast<char>(off_curve.back() ^ 1);
  message_sealer sealer;
  const auto refuses = [&](const std::string& p256dh, const std::string& auth, seal_status why) {
    std::string body = rfc_text;
    EXPECT_EQ(sealer.seal(p256dh, auth, body), why) << p256dh;
    EXPECT_EQ(sealer.check(p256dh, auth), why) << p256dh;
    EXPECT_EQ(body, rfc_text);
  };
  refuses(base64url(off_curve), rfc_auth, seal_status::not_on_curve);
  refuses("", rfc_auth, seal_status::unreadable_keys);
  refuses(rfc_p256dh, "", seal_status::unreadable_keys);
  refuses(rfc_auth, rfc_p256dh, seal_status::unreadable_keys);
  refuses("not base64!", rfc_auth, seal_status::unreadable_keys);
  refuses(base64url(std::string(65, '\0')), rfc_auth, seal_status::not_on_curve);
}

}  // namespace
}  // namespace dispatch::testing
