#include "transport/providers/fcm_credential.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "jws_verifier.hpp"
#include "rfc7515_keys.hpp"
#include "support.hpp"
#include "virtual_time.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;
using headers = std::shared_ptr<const header_list>;

service_account account() {
  return {.project_id = "duru",
          .private_key_id = "k1",
          .private_key = rfc7515_rsa_key,
          .client_email = "s@duru.iam.gserviceaccount.com",
          .token_uri = "https://oauth2.googleapis.com/token"};
}

/// A credential on virtual time whose token endpoint is the test.
struct fixture {
  virtual_time time;
  std::vector<std::string> forms;
  std::function<void(provider_answer&&, const std::string&)> answer;
  std::unique_ptr<credential> made;

  explicit fixture(fcm_credential_options options = {}) {
    options.seed = 7;
    fcm_credential_world world;
    world.now = [this] { return time.now(); };
    world.after = time.timer();
    world.post = [this](std::string form, auto callback) {
      forms.push_back(std::move(form));
      answer = std::move(callback);
    };
    auto result = make_fcm_credential(std::move(world), account(), options);
    if (auto* error = std::get_if<std::string>(&result))
      ADD_FAILURE() << *error;
    else
      made = std::move(std::get<std::unique_ptr<credential>>(result));
  }

  void reply(int status, const std::string& body, const std::string& retry_after = {}) {
    ASSERT_TRUE(answer);
    const auto call = std::exchange(answer, nullptr);
    call(answered(status, body, retry_after), "");
  }
  void grant(const std::string& token, int seconds = 3600) {
    reply(200, R"({"access_token":")" + token + R"(","expires_in":)" + std::to_string(seconds) +
                   R"(,"token_type":"Bearer"})");
  }
  void break_off(send_failure why, const std::string& note) {
    ASSERT_TRUE(answer);
    provider_answer broken;
    broken.failure = why;
    const auto call = std::exchange(answer, nullptr);
    call(std::move(broken), note);
  }
};

struct waiter {
  int calls = 0;
  headers got;
  std::string error;
  credential::ready callback() {
    return [this](headers what, const std::string& why) {
      ++calls;
      got = std::move(what);
      error = why;
    };
  }
};

TEST(fcm_credential, exchanges_a_signed_assertion_for_a_token) {
  fixture test;
  EXPECT_EQ(test.made->current(), nullptr);
  ASSERT_EQ(test.forms.size(), 1u);
  const std::string start = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  ASSERT_TRUE(test.forms[0].starts_with(start));
  const auto assertion = test.forms[0].substr(start.size());
  EXPECT_TRUE(verifies(assertion, rfc7515_rsa_key));
  EXPECT_EQ(header_of_token(assertion), R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  EXPECT_EQ(
      claims_of(assertion),
      R"({"iss":"s@duru.iam.gserviceaccount.com","scope":"https://www.googleapis.com/auth/firebase.messaging",)"
      R"("aud":"https://oauth2.googleapis.com/token","iat":1795435200,"exp":1795438800})");
  test.grant("ya29.abc");
  const header_list expected{{"authorization", "Bearer ya29.abc"}, {"content-type", "application/json"}};
  ASSERT_NE(test.made->current(), nullptr);
  EXPECT_EQ(*test.made->current(), expected);
  EXPECT_EQ(test.made->expires_at(), test.time.now() + 3600s);
}

TEST(fcm_credential, fetches_once_for_all_who_wait) {
  fixture test;
  std::vector<waiter> waiters(100);
  for (auto& each : waiters) test.made->await(each.callback());
  EXPECT_EQ(test.forms.size(), 1u);
  EXPECT_EQ(waiters[0].calls, 0);
  test.grant("t");
  for (const auto& each : waiters) {
    EXPECT_EQ(each.calls, 1);
    EXPECT_EQ(each.got, test.made->current());
    EXPECT_EQ(each.error, "");
  }
}

TEST(fcm_credential, never_calls_back_before_await_returns) {
  fixture test;
  (void)test.made->current();
  test.grant("t");
  waiter late;
  test.made->await(late.callback());
  EXPECT_EQ(late.calls, 0);
  test.time.advance(0ms);
  EXPECT_EQ(late.calls, 1);
  EXPECT_EQ(late.got, test.made->current());
}

TEST(fcm_credential, renews_five_minutes_early_and_serves_the_old_token_meanwhile) {
  fixture test;
  (void)test.made->current();
  test.grant("old");
  const auto old = test.made->current();
  test.time.advance(3600s - 301s);
  EXPECT_EQ(test.made->current(), old);
  EXPECT_EQ(test.forms.size(), 1u);
  test.time.advance(1s);
  EXPECT_EQ(test.made->current(), old);
  EXPECT_EQ(test.made->current(), old);
  EXPECT_EQ(test.forms.size(), 2u);
  test.grant("new");
  EXPECT_EQ(test.made->current()->front().second, "Bearer new");
}

TEST(fcm_credential, renews_a_short_token_at_a_tenth_of_its_life) {
  fixture test;
  (void)test.made->current();
  test.grant("short", 100);
  test.time.advance(89s);
  EXPECT_NE(test.made->current(), nullptr);
  EXPECT_EQ(test.forms.size(), 1u);
  test.time.advance(1s);
  EXPECT_NE(test.made->current(), nullptr);
  EXPECT_EQ(test.forms.size(), 2u);
  test.time.advance(10s);
  EXPECT_EQ(test.made->current(), nullptr) << "past its end";
  EXPECT_EQ(test.made->expires_at(), 0ms);
}

TEST(fcm_credential, waits_between_attempts) {
  fixture test;
  waiter first;
  test.made->await(first.callback());
  test.reply(503, "");
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(first.got, nullptr);
  EXPECT_EQ(first.error, "the token endpoint answered 503");
  for (int i = 0; i < 1000; ++i) (void)test.made->current();
  EXPECT_LE(test.forms.size(), 2u);
  // Twelve failures later a wait may be a minute, never more.
  for (int i = 0; i < 12; ++i) {
    waiter next;
    test.made->await(next.callback());
    const auto before = test.forms.size();
    test.time.advance(60s);
    ASSERT_EQ(test.forms.size(), before + (test.answer ? 1u : 0u));
    if (test.answer) test.reply(503, "");
    ASSERT_EQ(next.calls, 1);
  }
}

TEST(fcm_credential, spreads_its_attempts_with_growing_jitter) {
  fixture test({.backoff_base = 1s, .backoff_cap = 60s});
  std::vector<std::chrono::milliseconds> gaps;
  (void)test.made->current();
  for (int i = 0; i < 200; ++i) {
    test.reply(500, "");
    const auto failed_at = test.time.now();
    (void)test.made->current();
    while (!test.answer) test.time.advance(1ms);
    gaps.push_back(test.time.now() - failed_at);
  }
  EXPECT_LE(gaps[0], 1s);
  for (const auto gap : gaps) EXPECT_LE(gap, 60s);
  EXPECT_GT(*std::max_element(gaps.begin(), gaps.end()), 30s);
}

TEST(fcm_credential, obeys_the_endpoints_retry_after) {
  fixture test;
  (void)test.made->current();
  test.reply(429, "", "120");
  (void)test.made->current();
  test.time.advance(119s);
  EXPECT_EQ(test.forms.size(), 1u);
  test.time.advance(1s);
  EXPECT_EQ(test.forms.size(), 2u);
}

TEST(fcm_credential, gets_another_token_when_one_is_refused) {
  fixture test;
  (void)test.made->current();
  test.grant("bad");
  test.time.advance(10min);
  const auto bad = test.made->current();
  EXPECT_TRUE(test.made->refused(bad));
  EXPECT_EQ(test.made->current(), nullptr) << "a refused token is not used again";
  EXPECT_EQ(test.forms.size(), 2u);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(test.made->refused(bad));
  EXPECT_EQ(test.forms.size(), 2u) << "one flight for all who were refused";
  test.grant("good");
  EXPECT_TRUE(test.made->refused(bad));
  EXPECT_EQ(test.forms.size(), 2u) << "a newer one is there";
  EXPECT_EQ(test.made->current()->front().second, "Bearer good");
}

TEST(fcm_credential, does_not_go_round_when_every_token_is_refused) {
  fixture test;
  (void)test.made->current();
  const auto begin = test.time.now();
  for (int i = 0; i < 30; ++i) {
    while (!test.answer) test.time.advance(10ms);
    test.grant("t" + std::to_string(i));
    EXPECT_TRUE(test.made->refused(test.made->current()));
  }
  EXPECT_GT(test.time.now() - begin, 3min);
}

TEST(fcm_credential, says_why_without_saying_secrets) {
  const auto error_after = [](auto&& act) {
    fixture test;
    waiter one;
    test.made->await(one.callback());
    act(test);
    EXPECT_EQ(one.calls, 1);
    EXPECT_EQ(one.got, nullptr);
    return one.error;
  };
  EXPECT_EQ(error_after([](fixture& test) {
              test.reply(400, R"({"error":"invalid_grant","error_description":"Invalid JWT SECRET"})");
            }),
            "the token endpoint answered 400 (invalid_grant)");
  EXPECT_EQ(error_after([](fixture& test) { test.reply(400, R"({"error":"Some\nSECRET"})"); }),
            "the token endpoint answered 400");
  EXPECT_EQ(error_after([](fixture& test) { test.break_off(send_failure::not_sent, "connect refused"); }),
            "no answer from the token endpoint: connect refused");
  for (const auto* body : {"", "SECRET", "[]", "{}", R"({"access_token":7})", R"({"access_token":""})",
                           R"({"access_token":"a b"})", R"({"access_token":"a\r\nx: y"})"})
    EXPECT_EQ(error_after([&](fixture& test) { test.reply(200, body); }),
              "the token endpoint's answer holds no access_token");
}

TEST(fcm_credential, bounds_what_an_endpoint_says_of_the_tokens_life) {
  for (const auto* expires : {"-5", "0", "99999999999", "\"x\"", "1.5"}) {
    fixture test;
    (void)test.made->current();
    test.reply(200, std::string(R"({"access_token":"t","expires_in":)") + expires + "}");
    ASSERT_NE(test.made->current(), nullptr) << expires;
    EXPECT_GT(test.made->expires_at(), test.time.now());
    EXPECT_LE(test.made->expires_at(), test.time.now() + 24h);
  }
}

TEST(fcm_credential, bounds_who_waits) {
  fixture test({.max_waiting = 2});
  waiter first, second, third;
  test.made->await(first.callback());
  test.made->await(second.callback());
  test.made->await(third.callback());
  test.time.advance(0ms);
  EXPECT_EQ(third.calls, 1);
  EXPECT_EQ(third.got, nullptr);
  EXPECT_EQ(first.calls, 0);
}

TEST(fcm_credential, may_be_destroyed_by_a_callback_and_under_way) {
  fixture test;
  test.made->await([&](headers, const std::string&) { test.made.reset(); });
  test.grant("t");
  EXPECT_EQ(test.made, nullptr);

  fixture other;
  waiter one;
  other.made->await(one.callback());
  other.made.reset();
  other.grant("t");
  other.time.advance(1h);
  EXPECT_EQ(one.calls, 0);
}

TEST(fcm_credential, refuses_an_unusable_account) {
  const auto error_for = [](service_account bad) {
    auto result = make_fcm_credential(fcm_credential_world{}, std::move(bad), {});
    const auto* error = std::get_if<std::string>(&result);
    return error ? *error : std::string("(none)");
  };
  auto no_key = account();
  no_key.private_key = "SECRET";
  EXPECT_EQ(error_for(no_key), "service account: \"private_key\" is not a PEM private key without password");
  auto ec = account();
  ec.private_key = rfc7515_ec_key;
  EXPECT_EQ(error_for(ec), "service account: \"private_key\" is a key of another type or size");
  auto plain = account();
  plain.token_uri = "http://oauth2.googleapis.com/token";
  EXPECT_EQ(error_for(plain), "service account: \"token_uri\" is not an https address");
}

TEST(token_uri, is_split_into_origin_and_path) {
  const auto split = [](const std::string& uri) {
    const auto parts = split_token_uri(uri);
    return parts.endpoint + " " + parts.path;
  };
  EXPECT_EQ(split("https://oauth2.googleapis.com/token"), "https://oauth2.googleapis.com /token");
  EXPECT_EQ(split("https://localhost:8443/a/b?c=d#e"), "https://localhost:8443 /a/b?c=d");
  EXPECT_EQ(split("https://h"), "https://h /");
  EXPECT_EQ(split("https://h?x"), "https://h /?x");
  for (const auto* bad :
       {"", "http://h/t", "https://", "https:///t", "https://u:p@h/t", "https://h/a b", "https://h/\r\n"})
    EXPECT_EQ(split(bad), " ") << bad;
}

}  // namespace
}  // namespace dispatch::testing
