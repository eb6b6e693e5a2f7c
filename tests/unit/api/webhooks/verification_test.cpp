#include "api/webhooks/verification.hpp"

#include <gtest/gtest.h>

#include "transport/crypto/base64.hpp"
#include "transport/crypto/hmac.hpp"

namespace dispatch {
namespace {

constexpr std::int64_t now_s = 1'795'435'200;
constexpr std::chrono::system_clock::time_point now{std::chrono::seconds{now_s}};

http_request delivery(std::vector<std::pair<std::string, std::string>> headers,
                      std::string body = "Hello, World!") {
  return {"POST", "/v1/webhooks/x", std::move(headers), std::move(body), "192.0.2.1"};
}

std::string hex(std::string_view secret, std::initializer_list<std::string_view> parts) {
  return to_hex(hmac_sha256(secret, parts));
}

// From GitHub's documentation, "Validating webhook deliveries".
TEST(hex_hmac, takes_githubs_own_example) {
  const hex_hmac_scheme scheme{{"It's a Secret to Everybody"}, "x-hub-signature-256", "sha256="};
  const std::string signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  EXPECT_TRUE(is_authentic(scheme, delivery({{"x-hub-signature-256", signature}}), now));
  EXPECT_FALSE(is_authentic(scheme, delivery({{"x-hub-signature-256", signature}}, "Hello, World"), now));
  EXPECT_FALSE(is_authentic(scheme, delivery({{"x-hub-signature", signature}}), now)) << "SHA-1's header";
  EXPECT_FALSE(is_authentic(scheme, delivery({{"x-hub-signature-256", signature.substr(7)}}), now))
      << "no prefix";
  EXPECT_FALSE(is_authentic(scheme, delivery({{"x-hub-signature-256", "sha256="}}), now));
  EXPECT_FALSE(is_authentic(scheme, delivery({{"x-hub-signature-256", signature + "0"}}), now));
  EXPECT_FALSE(
      is_authentic(scheme, delivery({{"x-hub-signature-256", signature}, {"x-hub-signature-256", "x"}}), now))
      << "twice";
  EXPECT_FALSE(is_authentic(scheme, delivery({}), now));
}

TEST(hex_hmac, takes_any_of_its_secrets_and_digits_of_either_case) {
  const hex_hmac_scheme scheme{{"first secret", "second secret"}, "x-signature", ""};
  EXPECT_TRUE(is_authentic(scheme, delivery({{"x-signature", hex("first secret", {"Hello, World!"})}}), now));
  auto second = hex("second secret", {"Hello, World!"});
  EXPECT_TRUE(is_authentic(scheme, delivery({{"x-signature", second}}), now));
  for (char& c : second) c = static_cast<char>(std::toupper(c));
  EXPECT_TRUE(is_authentic(scheme, delivery({{"x-signature", second}}), now));
  EXPECT_FALSE(
      is_authentic(scheme, delivery({{"x-signature", hex("third secret", {"Hello, World!"})}}), now));
}

TEST(hex_hmac, timestamped_covers_the_time_as_stripe_has_it) {
  const hex_hmac_scheme scheme{{"whsec_stripe"}, "stripe-signature", "", true};
  const auto signature = [](std::int64_t at) {
    return hex("whsec_stripe", {std::to_string(at), ".", "Hello, World!"});
  };
  const auto good = [&](const std::string& header) {
    return is_authentic(scheme, delivery({{"stripe-signature", header}}), now);
  };
  const auto t = std::to_string(now_s);
  EXPECT_TRUE(good("t=" + t + ",v1=" + signature(now_s) + ",v0=abc"));
  EXPECT_TRUE(good("t=" + t + ",v1=" + std::string(64, '0') + ",v1=" + signature(now_s))) << "rotation";
  EXPECT_TRUE(good("t=" + std::to_string(now_s - 300) + ",v1=" + signature(now_s - 300)));
  EXPECT_FALSE(good("t=" + std::to_string(now_s - 301) + ",v1=" + signature(now_s - 301))) << "stale";
  EXPECT_FALSE(good("t=" + std::to_string(now_s + 301) + ",v1=" + signature(now_s + 301)))
      << "from the future";
  EXPECT_FALSE(good("t=" + std::to_string(now_s - 1) + ",v1=" + signature(now_s))) << "another time";
  EXPECT_FALSE(good("v1=" + signature(now_s)));
  EXPECT_FALSE(good("v1=" + hex("whsec_stripe", {"Hello, World!"}))) << "without time";
  EXPECT_FALSE(good("t=" + t));
  EXPECT_FALSE(good("t=" + t + ",t=1,v1=" + signature(now_s))) << "two times";
  EXPECT_FALSE(good("t=1,t=" + t + ",v1=" + signature(now_s)));
  EXPECT_FALSE(good("t=" + t + ",v0=" + signature(now_s))) << "the scheme for tests";
  EXPECT_FALSE(good("t=now,v1=" + signature(now_s)));
  EXPECT_FALSE(good(""));
  std::string many = "t=" + t;
  for (int i = 0; i < 100; ++i) many += ",v1=" + std::string(64, '0');
  EXPECT_FALSE(good(many + ",v1=" + signature(now_s))) << "only the first few are looked at";
}

TEST(standard_webhooks, is_checked_with_time_and_rotation) {
  const auto first = *webhook_secret::parse("whsec_" + base64(std::string(32, 'a')));
  const auto second = *webhook_secret::parse("whsec_" + base64(std::string(32, 'b')));
  const standard_webhooks_scheme scheme{{first, second}};
  const auto signed_by = [&](const webhook_secret& secret, std::int64_t at) {
    return delivery({{"webhook-id", "msg_1"},
                     {"webhook-timestamp", std::to_string(at)},
                     {"webhook-signature", secret.sign("msg_1", at, "Hello, World!")}});
  };
  EXPECT_TRUE(is_authentic(scheme, signed_by(first, now_s), now));
  EXPECT_TRUE(is_authentic(scheme, signed_by(second, now_s - 300), now));
  EXPECT_FALSE(is_authentic(scheme, signed_by(second, now_s - 301), now));
  const auto other = *webhook_secret::parse("whsec_" + base64(std::string(32, 'c')));
  EXPECT_FALSE(is_authentic(scheme, signed_by(other, now_s), now));
}

TEST(bearer, compares_a_shared_word_in_the_header_it_is_set_to) {
  const bearer_scheme usual{{"first shared word", "second shared word"}};
  EXPECT_TRUE(is_authentic(usual, delivery({{"authorization", "Bearer first shared word"}}), now));
  EXPECT_TRUE(is_authentic(usual, delivery({{"authorization", "Bearer second shared word"}}), now));
  EXPECT_FALSE(is_authentic(usual, delivery({{"authorization", "Bearer first shared wor"}}), now));
  EXPECT_FALSE(is_authentic(usual, delivery({{"authorization", "first shared word"}}), now));
  EXPECT_FALSE(is_authentic(usual, delivery({{"authorization", "Bearer "}}), now));
  EXPECT_FALSE(is_authentic(usual, delivery({}), now));
  const bearer_scheme custom{{"first shared word"}, "x-webhook-secret"};
  EXPECT_TRUE(is_authentic(custom, delivery({{"x-webhook-secret", "first shared word"}}), now));
  EXPECT_FALSE(is_authentic(custom, delivery({{"authorization", "Bearer first shared word"}}), now));
  EXPECT_FALSE(is_authentic(
      custom, delivery({{"x-webhook-secret", "first shared word"}, {"x-webhook-secret", "x"}}), now));
}

}  // namespace
}  // namespace dispatch
