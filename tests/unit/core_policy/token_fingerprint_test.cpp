#include "core/token_fingerprint.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace dispatch {
namespace {

TEST(token_fingerprint, is_the_first_half_of_a_sha_256_in_base64url) {
  // printf 'fcm:default\0abc' | sha256sum | head -c 32 | xxd -r -p | basenc --base64url
  const auto made = token_fingerprint::of("fcm:default", "abc");
  EXPECT_EQ(made.text(), "5e3QDK5vLRFXZJFaRiS48Q");
  EXPECT_EQ(made.text().size(), 22U);
}

TEST(token_fingerprint, tells_scopes_and_tokens_apart) {
  std::set<std::string> seen;
  for (const auto* scope : {"fcm:a", "fcm:ab", "apns:a"})
    for (const auto* token : {"x", "bx", "", "xx"}) seen.insert(token_fingerprint::of(scope, token).text());
  EXPECT_EQ(seen.size(), 12U);
  EXPECT_EQ(token_fingerprint::of("fcm:a", "x"), token_fingerprint::of("fcm:a", "x"));
}

TEST(token_fingerprint, does_not_show_the_token) {
  EXPECT_EQ(token_fingerprint::of("fcm:a", "secret-token").text().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace dispatch
