#include "api/auth/verified_tokens.hpp"

#include <gtest/gtest.h>

#include "tests/unit/api/auth/requests.hpp"
#include "tests/unit/api/auth/tokens.hpp"

namespace dispatch {
namespace {

using test::principal_named;

TEST(verified_tokens, a_token_is_known_until_it_ends_and_not_when_the_clock_stepped_back) {
  const auto table = std::make_shared<const credential_table>();
  const auto who = principal_named("a");
  verified_tokens tokens;
  EXPECT_EQ(tokens.find(*table, "x.y.z", 100), nullptr);
  tokens.add(table, "x.y.z", {who, 100, 200});
  EXPECT_EQ(tokens.find(*table, "x.y.z", 100), who);
  EXPECT_EQ(tokens.find(*table, "x.y.z", 199), who);
  EXPECT_EQ(tokens.find(*table, "x.y.Z", 150), nullptr);
  EXPECT_EQ(tokens.find(*table, "x.y.z", 99), nullptr);
  EXPECT_EQ(tokens.size(), 0u);
  tokens.add(table, "x.y.z", {who, 100, 200});
  EXPECT_EQ(tokens.find(*table, "x.y.z", 200), nullptr);
}

TEST(verified_tokens, what_a_reload_took_away_is_not_known_any_more) {
  const auto before = std::make_shared<const credential_table>();
  const auto after = std::make_shared<const credential_table>();
  verified_tokens tokens;
  tokens.add(before, "x.y.z", {principal_named("a"), 100, 200});
  EXPECT_EQ(tokens.find(*after, "x.y.z", 150), nullptr);
  tokens.add(after, "1.2.3", {principal_named("a"), 100, 200});
  EXPECT_EQ(tokens.find(*before, "x.y.z", 150), nullptr);
  EXPECT_EQ(tokens.size(), 1u);
}

TEST(verified_tokens, of_too_many_the_one_not_used_for_longest_is_forgotten) {
  const auto table = std::make_shared<const credential_table>();
  const auto who = principal_named("a");
  verified_tokens tokens;
  for (std::size_t at = 0; at < verified_tokens::max_tokens; ++at)
    tokens.add(table, "t" + std::to_string(at), {who, 0, 10});
  EXPECT_EQ(tokens.find(*table, "t0", 1), who);
  tokens.add(table, "one more", {who, 0, 10});
  EXPECT_EQ(tokens.size(), verified_tokens::max_tokens);
  EXPECT_EQ(tokens.find(*table, "t0", 1), who);
  EXPECT_EQ(tokens.find(*table, "t1", 1), nullptr);
}

}  // namespace
}  // namespace dispatch
