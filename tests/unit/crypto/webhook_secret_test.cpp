#include "transport/crypto/webhook_secret.hpp"

#include <gtest/gtest.h>

#include "transport/crypto/base64.hpp"

namespace dispatch {
namespace {

TEST(webhook_secret, signs_the_vector_of_the_reference_libraries) {
  const auto secret = webhook_secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(webhook_secret, is_24_to_64_bytes_of_base64_behind_its_prefix) {
  const auto of = [](std::size_t bytes) { return "whsec_" + base64(std::string(bytes, 'k')); };
  EXPECT_TRUE(webhook_secret::parse(of(24)));
  EXPECT_TRUE(webhook_secret::parse(of(64)));
  EXPECT_TRUE(webhook_secret::parse("v1," + of(32))) << "as some issue it";
  EXPECT_FALSE(webhook_secret::parse(of(23)));
  EXPECT_FALSE(webhook_secret::parse(of(65)));
  EXPECT_FALSE(webhook_secret::parse(of(32).substr(6))) << "no prefix";
  EXPECT_FALSE(webhook_secret::parse("whsec_not base64"));
  EXPECT_FALSE(webhook_secret::parse("whsk_" + base64(std::string(32, 'k')))) << "ed25519";
  EXPECT_FALSE(webhook_secret::parse(""));
}

}  // namespace
}  // namespace dispatch
