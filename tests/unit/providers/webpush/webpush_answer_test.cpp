#include "transport/providers/webpush/webpush_answer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/providers/support.hpp"
#include "transport/providers/webpush/webpush_adapter.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;

constexpr epoch_ms now{1'795'435'200'000};
constexpr auto final_ = verdict::kind::final;
constexpr auto retry = verdict::kind::retry;
constexpr auto neutral = verdict::health::neutral;
constexpr auto failure = verdict::health::failure;
constexpr auto any = outcome::delivered;  // of a verdict that is no outcome

verdict classify(int status, const std::string& body = {}, const std::string& retry_after = {}) {
  return make_webpush_adapter({})->classify(answered(status, body, retry_after), now);
}

std::string autopush(int status, int number, const std::string& message) {
  return "{\"code\":" + std::to_string(status) + ",\"errno\":" + std::to_string(number) +
         R"(,"error":"x","message":")" + message + "\"}";
}

struct expected_row {
  int status;
  std::string body;
  verdict::kind kind;
  outcome result;
  verdict::health counts;
  std::string_view says;
  bool alert = false;
  bool unknown = false;
};

constexpr auto page = "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)</title>";

const std::vector<expected_row>& rows() {
  static const std::vector<expected_row> made{
      {404, autopush(404, 102, "Request did not validate invalid token"), final_, outcome::invalid_token,
       neutral, "not_found"},
      {404, "", final_, outcome::invalid_token, neutral, "not_found"},
      {410, autopush(410, 103, "Subscription expired"), final_, outcome::invalid_token, neutral, "gone"},
      {410, autopush(410, 106, "Invalid subscription"), final_, outcome::invalid_token, neutral, "gone"},
      {410, "push subscription has unsubscribed or expired.\n", final_, outcome::invalid_token, neutral,
       "gone"},
      {410, R"({"reason":"Unregistered"})", final_, outcome::invalid_token, neutral, "gone"},
      {410, "", final_, outcome::invalid_token, neutral, "gone"},
      {404, page, final_, outcome::quarantined, neutral, "page_instead_of_answer", true},
      {410, "\n <HTML><HEAD>", final_, outcome::quarantined, neutral, "page_instead_of_answer", true},
      {403,
       "the VAPID credentials in the authorization header do not correspond to the credentials used to "
       "create "
       "the subscriptions.\n",
       final_, outcome::quarantined, failure, "vapid_key_mismatch", true},
      {403, "the key in the authorization header does not correspond to the sender ID used to subscribe",
       final_, outcome::quarantined, failure, "vapid_key_mismatch", true},
      {401, autopush(401, 109, "VAPID public key mismatch"), final_, outcome::quarantined, failure,
       "vapid_key_mismatch", true},
      {400, R"({"reason":"VapidPkHashMismatch"})", final_, outcome::quarantined, failure,
       "vapid_key_mismatch", true},
      {400, autopush(400, 110, "Invalid crypto keys"), final_, outcome::failed, neutral,
       "invalid_encryption_header"},
      {400, autopush(400, 111, "Missing TTL"), final_, outcome::failed, neutral, "missing_header"},
      {400, autopush(400, 112, "Invalid TTL"), final_, outcome::failed, neutral, "invalid_ttl"},
      {400, autopush(400, 113, "Invalid Topic"), final_, outcome::failed, neutral, "invalid_topic"},
      {400, R"({"reason":"BadWebPushTopic"})", final_, outcome::failed, neutral, "invalid_topic"},
      {400, "", final_, outcome::failed, neutral, "bad_request"},
      {400, "<HTML><TITLE>UnauthorizedRegistration", final_, outcome::failed, neutral, "bad_request"},
      {401, autopush(401, 109, "Request did not validate Invalid Authorization Header"),
       verdict::kind::retry_free, any, neutral, "unauthorized"},
      {403, R"({"reason":"BadJwtToken"})", retry, any, failure, "bad_jwt_token", true},
      {403, "invalid JWT provided", retry, any, failure, "forbidden", true},
      {405, "", final_, outcome::failed, neutral, "method_not_allowed", true},
      {408, "", retry, any, failure, "http_408", false, true},
      {413, autopush(413, 104, "Data payload too large"), final_, outcome::failed, neutral,
       "payload_too_large"},
      {429, "", retry, any, neutral, "too_many_requests"},
      {500, autopush(500, 999, "Unknown"), retry, any, failure, "http_500"},
      {500, "", retry, any, failure, "http_500", false, true},
      {503, autopush(503, 201, "Use exponential back-off"), retry, any, failure, "http_503"},
      {503, page, retry, any, failure, "http_503", false, true},
      {502, "", retry, any, failure, "http_502", false, true},
      {504, "", retry, any, failure, "http_504", false, true},
      {507, "", retry, any, failure, "http_5xx", false, true},
      {418, "", final_, outcome::failed, neutral, "http_4xx"},
      {301, "", final_, outcome::failed, neutral, "redirect", true},
      {307, "", final_, outcome::failed, neutral, "redirect", true},
      {42, "", retry, any, failure, "bad_status", false, true},
  };
  return made;
}

TEST(webpush_answer, follows_the_table) {
  for (const auto& row : rows()) {
    SCOPED_TRACE(std::to_string(row.status) + " " + row.body);
    const auto what = classify(row.status, row.body);
    EXPECT_EQ(what.what, row.kind);
    EXPECT_EQ(what.counts, row.counts);
    EXPECT_EQ(what.reason, row.says);
    EXPECT_EQ(what.alert, row.alert);
    EXPECT_EQ(what.outcome_unknown, row.unknown);
    EXPECT_EQ(what.refresh_credential, row.says == "unauthorized");
    EXPECT_EQ(what.hold, verdict::scope_hold::none) << "no endpoint speaks for others";
    if (row.kind == final_) {
      EXPECT_EQ(what.result, row.result);
    }
  }
}

TEST(webpush_answer, has_a_test_for_every_row) {
  std::set<std::pair<int, std::string_view>> tested;
  for (const auto& row : rows()) tested.emplace(row.status, row.says);
  for (const auto& row : webpush_answer_table()) {
    if (row.what.reason.empty()) continue;
    const bool exact = row.status > 9;
    EXPECT_TRUE(std::any_of(tested.begin(), tested.end(),
                            [&](const auto& each) {
                              return each.second == row.what.reason && (!exact || each.first == row.status);
                            }))
        << row.status << " " << row.what.reason;
  }
}

TEST(webpush_answer, any_2xx_is_delivered) {
  for (const int status : {200, 201, 202, 204}) {
    const auto what = classify(status, "anything");
    EXPECT_EQ(what.what, final_);
    EXPECT_EQ(what.result, outcome::delivered);
    EXPECT_EQ(what.counts, verdict::health::success);
  }
}

TEST(webpush_answer, a_429_waits_as_asked_and_holds_nobody_else) {
  EXPECT_EQ(classify(429, "", "9").retry_after, 9s);
  EXPECT_EQ(classify(429).retry_after, 60s);
  EXPECT_EQ(classify(503, "", "9").retry_after, 9s);
}

TEST(webpush_answer, only_404_and_410_delete_a_subscription) {
  for (int status = 100; status < 600; ++status) {
    if (status == 404 || status == 410) continue;
    for (const auto* body : {"", "gone", R"({"errno":103})", R"({"errno":106,"code":410})",
                             R"({"reason":"Unregistered"})", R"({"errno":"103"})", R"({"errno":1e3})"}) {
      const auto what = classify(status, body);
      EXPECT_FALSE(what.what == final_ && what.result == outcome::invalid_token) << status << body;
    }
  }
}

TEST(webpush_answer, names_the_message_by_its_location) {
  auto answer = answered(201, "");
  answer.location = "https://push.example/m/7";
  EXPECT_EQ(make_webpush_adapter({})->provider_id(answer), "https://push.example/m/7");
}

}  // namespace
}  // namespace dispatch::testing
