#include <gtest/gtest.h>

#include "tests/unit/api/auth/requests.hpp"

namespace dispatch::test {
namespace {

const std::string invalid = "401 the credential is not valid";

credential_table two_keys() {
  credential_table table;
  table.keys.push_back({sha256("dk_first"), principal_named("first")});
  table.keys.push_back({sha256("dk_second"), principal_named("second")});
  return table;
}

TEST(api_key, is_taken_from_either_header_whatever_its_place_in_the_table) {
  EXPECT_EQ(outcome(check(two_keys(), with_headers({{"x-api-key", "dk_first"}}))), "key:first");
  EXPECT_EQ(outcome(check(two_keys(), with_headers({{"x-api-key", "dk_second"}}))), "key:second");
  EXPECT_EQ(outcome(check(two_keys(), with_headers({{"authorization", "Bearer dk_first"}}))), "key:first");
  EXPECT_EQ(outcome(check(two_keys(), with_headers({{"authorization", "bearer dk_second"}}))), "key:second");
}

TEST(api_key, is_bound_to_tenant_and_scopes) {
  const auto result = check(two_keys(), with_headers({{"x-api-key", "dk_first"}}));
  const auto& who = *std::get<authenticated>(result).who;
  EXPECT_EQ(who.tenant, "tenant-first");
  EXPECT_FALSE(lacks(who, scope::send));
  ASSERT_TRUE(lacks(who, scope::admin));
  EXPECT_EQ(lacks(who, scope::admin)->status, 403);
  EXPECT_EQ(lacks(who, scope::read)->detail, "the credential has not the scope \"read\"");
}

TEST(api_key, that_is_not_known_is_refused_with_the_same_words_whatever_is_wrong) {
  for (const char* key : {"dk_firs", "dk_first ", " dk_first", "DK_FIRST", "x", "dk_firstdk_first"})
    EXPECT_EQ(outcome(check(two_keys(), with_headers({{"x-api-key", key}}))), invalid) << key;
  EXPECT_EQ(outcome(check(two_keys(), with_headers({{"x-api-key", std::string(600, 'x')}}))), invalid);
  EXPECT_EQ(outcome(check({}, with_headers({{"x-api-key", "dk_first"}}))), invalid)
      << "no credentials at all";
  credential_table careless;
  careless.keys.push_back({sha256(""), principal_named("careless")});
  EXPECT_EQ(outcome(check(careless, with_headers({{"authorization", "Bearer "}}))), invalid);
  const auto digest = to_hex(sha256("dk_first"));
  EXPECT_EQ(outcome(check(two_keys(), with_headers({{"x-api-key", digest}}))), invalid)
      << "what is stored is no key";
  for (const char* header :
       {"Basic dk_first", "Bearer", "Bearer ", "Bearerdk_first", "Bearer  dk_first", "dk_first"})
    EXPECT_EQ(outcome(check(two_keys(), with_headers({{"authorization", header}}))), invalid) << header;
}

TEST(credentials, none_is_a_challenge) {
  const auto result = check(two_keys(), with_headers({}));
  EXPECT_EQ(outcome(result), "401 a credential is needed");
  EXPECT_EQ(std::get<auth_problem>(result).challenge, "Bearer");
}

TEST(credentials, more_than_one_are_refused_even_if_all_are_good) {
  EXPECT_EQ(outcome(check(two_keys(),
                          with_headers({{"x-api-key", "dk_first"}, {"authorization", "Bearer dk_first"}}))),
            "401 more than one credential");
  EXPECT_EQ(
      outcome(check(two_keys(), with_headers({{"x-api-key", "dk_first"}, {"webhook-signature", "v1,x"}}))),
      "401 more than one credential");
  EXPECT_EQ(outcome(check(two_keys(), with_headers({{"x-api-key", "dk_first"}, {"x-api-key", "dk_second"}}))),
            "401 a credential comes twice");
  EXPECT_EQ(outcome(check(two_keys(),
                          with_headers({{"authorization", "Bearer dk_first"}, {"authorization", "x"}}))),
            "401 a credential comes twice");
}

}  // namespace
}  // namespace dispatch::test
