#include "transport/providers/apns_answer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support.hpp"
#include "transport/providers/apns_adapter.hpp"

namespace dispatch::testing {
namespace {

using namespace std::chrono_literals;

constexpr epoch_ms now{1'795'435'200'000};

verdict classify(int status, const std::string& body, const std::string& retry_after = {}) {
  return make_apns_adapter({.topic = "t"})->classify(answered(status, body, retry_after), now);
}

std::string reason_body(const std::string& reason) {
  return "{\"reason\":\"" + reason + "\"}";
}

struct expected_row {
  int status;
  std::string reason;
  verdict::kind kind;
  outcome result;
  verdict::health counts;
  std::string_view says;
  bool alert = false;
  bool reconnects = false;
};

constexpr auto final_ = verdict::kind::final;
constexpr auto retry = verdict::kind::retry;
constexpr auto neutral = verdict::health::neutral;
constexpr auto failure = verdict::health::failure;
constexpr auto any = outcome::delivered;  // of a verdict that is no outcome

const std::vector<expected_row>& rows() {
  static const std::vector<expected_row> made{
      {410, "Unregistered", final_, outcome::invalid_token, neutral, "unregistered"},
      {410, "ExpiredToken", final_, outcome::invalid_token, neutral, "expired_token"},
      {410, "SomethingNew", final_, outcome::failed, neutral, "other"},
      {400, "Unregistered", final_, outcome::failed, neutral, "other"},
      {400, "BadDeviceToken", final_, outcome::quarantined, neutral, "bad_device_token"},
      {400, "DeviceTokenNotForTopic", final_, outcome::quarantined, neutral, "device_token_not_for_topic"},
      {400, "TopicDisallowed", final_, outcome::quarantined, neutral, "topic_disallowed", true},
      {400, "BadTopic", final_, outcome::quarantined, neutral, "bad_topic", true},
      {400, "MissingTopic", final_, outcome::quarantined, neutral, "missing_topic", true},
      {400, "BadCollapseId", final_, outcome::failed, neutral, "bad_collapse_id"},
      {400, "BadExpirationDate", final_, outcome::failed, neutral, "bad_expiration_date"},
      {400, "BadMessageId", final_, outcome::failed, neutral, "bad_message_id"},
      {400, "BadPriority", final_, outcome::failed, neutral, "bad_priority"},
      {400, "DuplicateHeaders", final_, outcome::failed, neutral, "duplicate_headers"},
      {400, "InvalidPushType", final_, outcome::failed, neutral, "invalid_push_type"},
      {400, "MissingPushType", final_, outcome::failed, neutral, "missing_push_type"},
      {400, "MissingChannelId", final_, outcome::failed, neutral, "missing_channel_id"},
      {400, "BadChannelId", final_, outcome::failed, neutral, "bad_channel_id"},
      {400, "ChannelNotRegistered", final_, outcome::failed, neutral, "channel_not_registered"},
      {400, "FeatureNotEnabled", final_, outcome::failed, neutral, "feature_not_enabled", true},
      {403, "FeatureNotEnabled", final_, outcome::failed, neutral, "feature_not_enabled", true},
      {400, "MissingDeviceToken", final_, outcome::failed, neutral, "missing_device_token"},
      {400, "PayloadEmpty", final_, outcome::failed, neutral, "payload_empty"},
      {400, "IdleTimeout", retry, any, neutral, "idle_timeout", false, true},
      {404, "BadPath", final_, outcome::failed, neutral, "bad_path", true},
      {405, "MethodNotAllowed", final_, outcome::failed, neutral, "method_not_allowed", true},
      {413, "PayloadTooLarge", final_, outcome::failed, neutral, "payload_too_large"},
      {403, "ExpiredProviderToken", verdict::kind::retry_free, any, neutral, "expired_provider_token", false,
       true},
      {403, "InvalidProviderToken", retry, any, failure, "invalid_provider_token", true},
      {403, "MissingProviderToken", retry, any, failure, "missing_provider_token", true},
      {403, "UnrelatedKeyIdInToken", retry, any, failure, "unrelated_key_id", true},
      {403, "BadEnvironmentKeyIdInToken", retry, any, failure, "bad_environment_key", true},
      {403, "BadEnvironmentKeyInToken", retry, any, failure, "bad_environment_key", true},
      {403, "BadCertificate", retry, any, failure, "bad_certificate", true},
      {403, "BadCertificateEnvironment", retry, any, failure, "bad_certificate", true},
      {403, "Forbidden", retry, any, failure, "forbidden", true},
      {403, "SomethingNew", final_, outcome::failed, neutral, "other"},
      {429, "TooManyRequests", retry, any, neutral, "too_many_requests"},
      {429, "TooManyProviderTokenUpdates", retry, any, neutral, "too_many_provider_token_updates", true},
      {429, "SomethingNew", retry, any, neutral, "other"},
      {500, "InternalServerError", retry, any, failure, "http_500"},
      {503, "ServiceUnavailable", retry, any, failure, "http_503"},
      {503, "Shutdown", retry, any, failure, "shutdown", false, true},
      {500, "SomethingNew", retry, any, failure, "other"},
      {301, "", final_, outcome::failed, neutral, "redirect", true},
      {0, "", retry, any, failure, "bad_status"},
  };
  return made;
}

TEST(apns_answer, means_what_the_table_says_row_by_row) {
  for (const auto& row : rows()) {
    SCOPED_TRACE(std::to_string(row.status) + " " + row.reason);
    const auto what = classify(row.status, reason_body(row.reason));
    EXPECT_EQ(what.what, row.kind);
    EXPECT_EQ(what.counts, row.counts);
    EXPECT_EQ(what.reason, row.says);
    EXPECT_EQ(what.alert, row.alert);
    EXPECT_EQ(what.new_connection, row.reconnects);
    EXPECT_EQ(what.refresh_credential, row.reason == "ExpiredProviderToken");
    if (row.kind == final_) {
      EXPECT_EQ(what.result, row.result);
    }
  }
}

TEST(apns_answer, has_a_test_for_every_row) {
  for (const auto& row : apns_answer_table()) {
    if (row.code.empty()) continue;
    EXPECT_TRUE(std::any_of(
        rows().begin(), rows().end(),
        [&](const expected_row& each) { return each.reason == row.code && each.status == row.status; }))
        << row.status << " " << row.code;
  }
}

TEST(apns_answer, ok_is_delivered) {
  const auto what = classify(200, "");
  EXPECT_EQ(what.what, final_);
  EXPECT_EQ(what.result, outcome::delivered);
  EXPECT_EQ(what.counts, verdict::health::success);
}

TEST(apns_answer, only_410_with_its_reason_deletes_a_token) {
  for (const auto* body :
       {"", "<html>Unregistered", "{}", R"({"reason":["Unregistered"]})", R"({"reason":"unregistered"})",
        R"({"reason":"Unregistered"} x)", R"([{"reason":"Unregistered"}])"}) {
    EXPECT_EQ(classify(410, body).result, outcome::failed) << body;
    EXPECT_EQ(classify(404, body).result, outcome::failed) << body;
  }
}

TEST(apns_answer, says_since_when_a_token_is_dead) {
  EXPECT_EQ(classify(410, R"({"reason":"Unregistered","timestamp":1795435100000})").dead_since,
            epoch_ms{1'795'435'100'000});
  for (const auto* timestamp : {"1795439000000", "-5", "\"x\"", "1e400", "1.5", "99999999999999999999"}) {
    const auto what =
        classify(410, std::string(R"({"reason":"Unregistered","timestamp":)") + timestamp + "}");
    EXPECT_EQ(what.dead_since, 0ms) << timestamp;
  }
  EXPECT_EQ(classify(400, R"({"reason":"BadDeviceToken","timestamp":1795435100000})").dead_since, 0ms);
}

TEST(apns_answer, a_bad_device_token_ends_as_configured) {
  const auto adapter = make_apns_adapter({.topic = "t", .bad_device_token = outcome::invalid_token});
  EXPECT_EQ(adapter->classify(answered(400, reason_body("BadDeviceToken")), now).result,
            outcome::invalid_token);
}

TEST(apns_answer, a_devices_429_holds_nobody_else) {
  EXPECT_EQ(classify(429, reason_body("TooManyRequests")).hold, verdict::scope_hold::none);
  EXPECT_EQ(classify(429, reason_body("TooManyRequests"), "9").retry_after, 9s);
  EXPECT_EQ(classify(429, reason_body("TooManyRequests")).retry_after, 60s);
  EXPECT_EQ(classify(429, reason_body("TooManyProviderTokenUpdates")).hold, verdict::scope_hold::scope);
  EXPECT_EQ(classify(429, reason_body("TooManyProviderTokenUpdates")).retry_after, 60s);
}

TEST(apns_answer, a_5xx_page_may_have_been_delivered) {
  EXPECT_TRUE(classify(502, "<html>").outcome_unknown);
  EXPECT_TRUE(classify(503, "").outcome_unknown);
  EXPECT_EQ(classify(503, "").reason, "http_503");
  EXPECT_EQ(classify(500, "<html>").reason, "http_500");
  EXPECT_FALSE(classify(503, reason_body("ServiceUnavailable")).outcome_unknown);
}

TEST(apns_answer, names_the_message_by_apns_id) {
  auto answer = answered(200, "");
  answer.apns_id = "B6D2F1C4";
  EXPECT_EQ(make_apns_adapter({.topic = "t"})->provider_id(answer), "B6D2F1C4");
}

}  // namespace
}  // namespace dispatch::testing
