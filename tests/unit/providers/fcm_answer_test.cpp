#include "transport/providers/fcm_answer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support.hpp"
#include "transport/providers/fcm_adapter.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;

constexpr epoch_ms now{1'795'435'200'000};
constexpr auto html = "<!DOCTYPE html><title>Error</title> UNREGISTERED Invalid registration token";

/// An answer as FCM writes it; `code` in its own record when not empty.
std::string error_body(const std::string& status, const std::string& code, const std::string& more = {},
                       const std::string& message = "Text.") {
  std::string details;
  if (!code.empty())
    details =
        R"({"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":")" + code + "\"}";
  if (!more.empty()) details += (details.empty() ? "" : ",") + more;
  return R"({"error":{"code":1,"message":")" + message + R"(","status":")" + status + R"(","details":[)" +
         details + "]}}";
}

std::string quota(const std::string& violations) {
  return R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[)" + violations + "]}";
}

std::string field_violation(const std::string& field) {
  return R"({"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":")" + field +
         R"(","description":"Invalid registration token"}]})";
}

verdict classify(int status, const std::string& body, const std::string& retry_after = {}) {
  return make_fcm_adapter({.project_id = "p"})->classify(answered(status, body, retry_after), now);
}

struct expected_row {
  int status;
  std::string body;
  verdict::kind kind;
  outcome result;
  verdict::health counts;
  std::string_view reason;
  bool alert = false;
  bool unknown = false;
};

constexpr auto final_ = verdict::kind::final;
constexpr auto retry = verdict::kind::retry;
constexpr auto neutral = verdict::health::neutral;
constexpr auto failure = verdict::health::failure;
constexpr auto any = outcome::delivered;  // of a verdict that is no outcome

std::vector<expected_row> rows() {
  const auto device = quota(R"({"subject":"device:abc","description":"Device rate"})");
  return {
      {404, error_body("NOT_FOUND", "UNREGISTERED"), final_, outcome::invalid_token, neutral, "unregistered"},
      {404, error_body("NOT_FOUND", ""), final_, outcome::failed, neutral, "not_found", true},
      {404, error_body("UNREGISTERED", ""), final_, outcome::failed, neutral, "not_found", true},
      {404, html, final_, outcome::failed, neutral, "not_found", true},
      {404, "", final_, outcome::failed, neutral, "not_found", true},
      {400, error_body("INVALID_ARGUMENT", "INVALID_ARGUMENT", field_violation("message.token")), final_,
       outcome::invalid_token, neutral, "invalid_registration"},
      {400, error_body("INVALID_ARGUMENT", "INVALID_ARGUMENT", field_violation("message.fid")), final_,
       outcome::invalid_token, neutral, "invalid_registration"},
      {400, error_body("INVALID_ARGUMENT", "INVALID_ARGUMENT", field_violation("message")), final_,
       outcome::failed, neutral, "invalid_argument"},
      {400,
       error_body("INVALID_ARGUMENT", "INVALID_ARGUMENT", {},
                  "The registration token is not a valid FCM registration token"),
       final_, outcome::invalid_token, neutral, "invalid_registration"},
      {400, error_body("INVALID_ARGUMENT", "INVALID_ARGUMENT", field_violation("message.data")), final_,
       outcome::failed, neutral, "invalid_argument"},
      {400, error_body("INVALID_ARGUMENT", ""), final_, outcome::failed, neutral, "invalid_argument"},
      {400, error_body("INVALID_ARGUMENT", "", {}, "Invalid value: Invalid registration token"), final_,
       outcome::failed, neutral, "invalid_argument"},
      {400, error_body("FAILED_PRECONDITION", "UNREGISTERED"), final_, outcome::failed, neutral, "http_4xx"},
      {400, html, final_, outcome::failed, neutral, "http_4xx"},
      {401, error_body("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), final_, outcome::failed, neutral,
       "third_party_auth_error", true},
      {401, error_body("UNAUTHENTICATED", "APNS_AUTH_ERROR"), final_, outcome::failed, neutral,
       "third_party_auth_error", true},
      {401, error_body("UNAUTHENTICATED", ""), verdict::kind::retry_free, any, neutral, "unauthenticated"},
      {401, html, verdict::kind::retry_free, any, neutral, "unauthenticated"},
      {403, error_body("PERMISSION_DENIED", "SENDER_ID_MISMATCH"), final_, outcome::quarantined, neutral,
       "sender_id_mismatch"},
      {403, error_body("PERMISSION_DENIED", ""), retry, any, failure, "permission_denied", true},
      {403, html, retry, any, failure, "permission_denied", true},
      {429, error_body("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", device), retry, any, neutral, "device_quota"},
      {429, error_body("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), retry, any, neutral, "quota_exceeded"},
      {429, html, retry, any, neutral, "quota_exceeded"},
      {413, html, final_, outcome::failed, neutral, "payload_too_large"},
      {408, html, retry, any, failure, "http_408", false, true},
      {500, error_body("INTERNAL", "INTERNAL"), retry, any, failure, "http_500"},
      {500, html, retry, any, failure, "http_500", false, true},
      {503, error_body("UNAVAILABLE", "UNAVAILABLE"), retry, any, failure, "http_503"},
      {503, html, retry, any, failure, "http_503", false, true},
      {502, html, retry, any, failure, "http_502", false, true},
      {504, html, retry, any, failure, "http_504", false, true},
      {599, "", retry, any, failure, "http_5xx", false, true},
      {418, "{}", final_, outcome::failed, neutral, "http_4xx"},
      {302, html, final_, outcome::failed, neutral, "redirect", true},
      {0, "", retry, any, failure, "bad_status", false, true},
      {2, "", retry, any, failure, "bad_status", false, true},
      {777, "", retry, any, failure, "bad_status", false, true},
  };
}

TEST(fcm_answer, means_what_the_table_says_row_by_row) {
  for (const auto& row : rows()) {
    SCOPED_TRACE(std::to_string(row.status) + " " + row.body);
    const auto what = classify(row.status, row.body);
    EXPECT_EQ(what.what, row.kind);
    EXPECT_EQ(what.counts, row.counts);
    EXPECT_EQ(what.reason, row.reason);
    EXPECT_EQ(what.alert, row.alert);
    EXPECT_EQ(what.outcome_unknown, row.unknown);
    if (row.kind == final_) {
      EXPECT_EQ(what.result, row.result);
    }
    EXPECT_EQ(what.refresh_credential, row.reason == "unauthenticated");
    EXPECT_FALSE(what.new_connection);
  }
}

TEST(fcm_answer, has_a_test_for_every_row) {
  const auto tested = rows();
  for (const auto& row : fcm_answer_table()) {
    if (row.what.reason.empty()) continue;  // delivered
    EXPECT_TRUE(std::any_of(tested.begin(), tested.end(), [&](const expected_row& each) {
      return each.reason == row.what.reason;
    })) << row.what.reason;
  }
}

TEST(fcm_answer, ok_is_delivered_whatever_the_body) {
  for (const auto* body : {R"({"name":"projects/p/messages/1"})", "", "<html>"}) {
    const auto what = classify(200, body);
    EXPECT_EQ(what.what, final_);
    EXPECT_EQ(what.result, outcome::delivered);
    EXPECT_EQ(what.counts, verdict::health::success);
  }
  EXPECT_EQ(classify(204, "").result, outcome::delivered);
}

TEST(fcm_answer, names_the_message) {
  const auto adapter = make_fcm_adapter({.project_id = "p"});
  EXPECT_EQ(adapter->provider_id(answered(200, R"({"name":"projects/p/messages/0:12%3a"})")),
            "projects/p/messages/0:12%3a");
  for (const auto* body : {"", "x", "[]", R"({"name":7})", R"({"name")"})
    EXPECT_EQ(adapter->provider_id(answered(200, body)), "") << body;
}

TEST(fcm_answer, a_mismatched_sender_ends_as_configured) {
  for (const auto chosen : {outcome::failed, outcome::quarantined, outcome::invalid_token}) {
    const auto adapter = make_fcm_adapter({.project_id = "p", .sender_mismatch = chosen});
    const auto what =
        adapter->classify(answered(403, error_body("PERMISSION_DENIED", "SENDER_ID_MISMATCH")), now);
    EXPECT_EQ(what.result, chosen);
    EXPECT_EQ(what.what, final_);
  }
}

TEST(fcm_answer, a_projects_quota_holds_the_scope_for_a_minute_or_as_asked) {
  const auto body = error_body("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED");
  EXPECT_EQ(classify(429, body).hold, verdict::scope_hold::scope);
  EXPECT_EQ(classify(429, body).retry_after, 60s);
  EXPECT_EQ(classify(429, body, "5").retry_after, 5s);
  EXPECT_EQ(classify(429, body, "Mon, 23 Nov 2026 12:02:00 GMT").retry_after, 120s);
  EXPECT_EQ(classify(429, body, "nonsense").retry_after, 60s);
}

TEST(fcm_answer, a_devices_quota_delays_that_device_only) {
  for (const auto* violation : {R"({"subject":"device:abc"})", R"({"subject":"token","description":"d"})",
                                R"({"subject":"","description":"Device message rate exceeded"})"}) {
    const auto what =
        classify(429, error_body("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", quota(violation)), "7");
    EXPECT_EQ(what.hold, verdict::scope_hold::none) << violation;
    EXPECT_EQ(what.retry_after, 7s);
  }
}

TEST(fcm_answer, of_several_quotas_the_widest_decides) {
  for (const auto* violations :
       {R"({"subject":"device:abc"},{"subject":"project:p"})", R"({"subject":"project:my-device-app"})",
        R"({"subject":"topic:devices"})", R"({"subject":7})", "7", ""}) {
    const auto what = classify(429, error_body("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", quota(violations)));
    EXPECT_EQ(what.hold, verdict::scope_hold::scope) << violations;
  }
}

TEST(fcm_answer, honours_retry_after_of_503) {
  EXPECT_EQ(classify(503, error_body("UNAVAILABLE", "UNAVAILABLE"), "30").retry_after, 30s);
  EXPECT_EQ(classify(503, error_body("UNAVAILABLE", "UNAVAILABLE")).retry_after, 0s);
}

TEST(fcm_answer, hostile_bodies_decide_nothing) {
  const std::string record =
      R"({"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"})";
  std::string deep(10'000, '[');
  const std::vector<std::string> bodies{
      deep,
      std::string("{\"error\":") + std::string(200, '{'),
      R"({"error":[)" + record + "]}",
      R"({"error":{"details":)" + record + "}}",
      R"({"error":{"details":[[)" + record + "]]}}",
      R"({"error":{"details":[{"@type":"evil.FcmErrorX","errorCode":"UNREGISTERED"}]}})",
      R"({"error":{"details":[{"@type":"type.googleapis.com/xgoogle.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}]}})",
      R"({"error":{"details":[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":["UNREGISTERED"]}]}})",
      R"({"error":{"details":[)" + record + "]}} trailing",
      R"({"error":{"details":[)" + record,
      "{\"pad\":\"" + std::string(20'000, 'x') + R"(","error":{"details":[)" + record + "]}}",
      std::string("\xff\xfe\x00", 3)};
  for (const auto& body : bodies) {
    const auto what = classify(404, body);
    EXPECT_EQ(what.result, outcome::failed) << body.substr(0, 120);
    EXPECT_EQ(what.reason, "not_found");
  }
}

TEST(fcm_answer, an_unknown_fcm_code_deletes_nothing) {
  for (const auto* code : {"UNSPECIFIED_ERROR", "SOMETHING_NEW", "unregistered", "SENDER_ID_MISMATCH"})
    EXPECT_EQ(classify(404, error_body("NOT_FOUND", code)).result, outcome::failed) << code;
}

TEST(unanswered_request, says_whether_it_may_have_arrived) {
  const auto adapter = make_fcm_adapter({.project_id = "p"});
  const auto of = [&](send_failure why) {
    provider_answer answer;
    answer.failure = why;
    return adapter->classify(answer, now);
  };
  for (const auto& [why, reason] : {std::pair{send_failure::timeout, "timeout"},
                                    {send_failure::reset, "reset"},
                                    {send_failure::connection, "connection_lost"}}) {
    const auto what = of(why);
    EXPECT_EQ(what.what, retry);
    EXPECT_EQ(what.counts, failure);
    EXPECT_TRUE(what.outcome_unknown);
    EXPECT_EQ(what.reason, reason);
  }
  EXPECT_EQ(of(send_failure::not_sent).what, verdict::kind::retry_free);
  EXPECT_EQ(of(send_failure::not_sent).counts, neutral);
  EXPECT_FALSE(of(send_failure::not_sent).outcome_unknown);
  EXPECT_EQ(of(send_failure::no_credential).what, verdict::kind::retry_free);
  EXPECT_EQ(of(send_failure::no_credential).counts, failure);
}

}  // namespace
}  // namespace dispatch::testing
