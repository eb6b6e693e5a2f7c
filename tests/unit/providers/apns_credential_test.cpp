#include "transport/providers/apns_credential.hpp"

#include <gtest/gtest.h>

#include <string>

#include "jws_verifier.hpp"
#include "rfc7515_keys.hpp"
#include "virtual_time.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;
using headers = std::shared_ptr<const header_list>;

const apns_key key{.pem = rfc7515_ec_key, .key_id = "ABC123DEFG", .team_id = "DEF123GHIJ"};

std::shared_ptr<apns_token_source> source_on(virtual_time& time, apns_credential_options options = {}) {
  auto made = apns_token_source::make(
      key, [&time] { return time.now(); }, options);
  if (const auto* error = std::get_if<std::string>(&made)) {
    ADD_FAILURE() << *error;
    return nullptr;
  }
  return std::get<std::shared_ptr<apns_token_source>>(made);
}

struct fixture {
  virtual_time time;
  std::shared_ptr<apns_token_source> source = source_on(time);
  std::unique_ptr<credential> made = make_apns_credential(source, time.timer());
};

TEST(apns_credential, signs_the_token_apple_describes) {
  fixture test;
  const auto now = test.made->current();
  ASSERT_EQ(now->size(), 1u);
  EXPECT_EQ((*now)[0].first, "authorization");
  ASSERT_TRUE((*now)[0].second.starts_with("bearer "));
  const auto token = (*now)[0].second.substr(7);
  EXPECT_TRUE(verifies(token, rfc7515_ec_key));
  EXPECT_EQ(header_of_token(token), R"({"alg":"ES256","kid":"ABC123DEFG"})");
  EXPECT_EQ(claims_of(token), R"({"iss":"DEF123GHIJ","iat":1795435200})");
  EXPECT_EQ(test.made->expires_at(), test.time.now() + 60min);
}

TEST(apns_credential, signs_anew_after_45_minutes) {
  fixture test;
  const auto first = test.made->current();
  test.time.advance(45min - 1ms);
  EXPECT_EQ(test.made->current(), first);
  test.time.advance(1ms);
  const auto second = test.made->current();
  EXPECT_NE(second, first);
  EXPECT_NE(*second, *first);
  EXPECT_EQ(test.made->expires_at(), test.time.now() + 60min);
  EXPECT_TRUE(test.made->refused(first)) << "a newer one is there";
  EXPECT_EQ(test.made->current(), second);
}

TEST(apns_credential, never_signs_twice_within_20_minutes) {
  fixture test;
  const auto first = test.made->current();
  test.time.advance(20min - 1ms);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(test.made->refused(first));
  EXPECT_EQ(test.made->current(), first);
  test.time.advance(1ms);
  EXPECT_TRUE(test.made->refused(first));
  const auto second = test.made->current();
  EXPECT_NE(second, first);
  EXPECT_FALSE(test.made->refused(second));
}

TEST(apns_credential, shares_one_token_among_apps) {
  fixture test;
  const auto other = make_apns_credential(test.source, test.time.timer());
  EXPECT_EQ(test.made->current()->front(), other->current()->front());
  test.time.advance(30min);
  const auto old = other->current();
  EXPECT_TRUE(test.made->refused(test.made->current()));
  EXPECT_TRUE(other->refused(old)) << "the first has signed already";
  EXPECT_EQ(test.made->current()->front(), other->current()->front());
}

TEST(apns_credential, survives_a_clock_set_back) {
  fixture test;
  const auto first = test.made->current();
  test.time.advance(-2h);
  EXPECT_NE(test.made->current(), first) << "a token of the future is refused by Apple";
}

TEST(apns_credential, never_calls_back_before_await_returns) {
  fixture test;
  headers got;
  test.made->await([&](headers what, const std::string&) { got = std::move(what); });
  EXPECT_EQ(got, nullptr);
  test.time.advance(0ms);
  EXPECT_EQ(got, test.made->current());
}

TEST(apns_credential, does_not_call_back_once_destroyed) {
  fixture test;
  bool called = false;
  test.made->await([&](headers, const std::string&) { called = true; });
  test.made.reset();
  test.time.advance(0ms);
  EXPECT_FALSE(called);
}

TEST(apns_token_source, refuses_an_unusable_key) {
  const auto error_for = [](apns_key bad, apns_credential_options options = {}) {
    const auto made = apns_token_source::make(
        bad, [] { return epoch_ms{0}; }, options);
    const auto* error = std::get_if<std::string>(&made);
    return error ? *error : std::string("(none)");
  };
  auto bad = key;
  bad.key_id = "ABC\"123DEF";
  EXPECT_EQ(error_for(bad), "apns: key_id is not 10 letters and digits");
  bad = key;
  bad.team_id = "SHORT";
  EXPECT_EQ(error_for(bad), "apns: team_id is not 10 letters and digits");
  bad = key;
  bad.pem = rfc7515_rsa_key;
  EXPECT_EQ(error_for(bad), "apns: the key is a key of another type or size");
  bad.pem = "SECRET";
  EXPECT_EQ(error_for(bad), "apns: the key is not a PEM private key without password");
  EXPECT_EQ(error_for(key, {.renew_after = 39min}),
            "apns: the provider token is renewed after 40 to 50 minutes");
  EXPECT_EQ(error_for(key, {.renew_after = 51min}),
            "apns: the provider token is renewed after 40 to 50 minutes");
  EXPECT_EQ(error_for(key, {.renew_after = 50min}), "(none)");
}

}  // namespace
}  // namespace dispatch::testing
