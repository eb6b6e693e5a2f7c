#include "transport/crypto/hmac.hpp"

#include <gtest/gtest.h>

#include <set>

namespace dispatch {
namespace {

TEST(hmac_sha256, agrees_with_rfc_4231) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), {"Hi There"})),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", {"what do ya want ", "for nothing?"})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                               {"Test Using Larger Than Block-Size Key - ", "Hash Key First"})),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(hmac_sha256, of_an_empty_key_is_not_that_of_the_key_before) {
  const auto before = hmac_sha256("secret", {"text"});
  EXPECT_NE(hmac_sha256("", {"text"}), before);
  EXPECT_EQ(to_hex(hmac_sha256("", {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(equal_in_constant_time, is_equality) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

TEST(random_secret, is_as_long_as_asked_for_and_another_each_time) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_secret(32));
  EXPECT_EQ(seen.size(), 100u);
  EXPECT_EQ(seen.begin()->size(), 32u);
}

}  // namespace
}  // namespace dispatch
