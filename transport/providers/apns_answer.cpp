#include "transport/providers/apns_answer.hpp"

#include "transport/providers/answer/answer_json.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

using enum evidence;
constexpr auto this_device = verdict::scope_hold::none;
constexpr auto whole_scope = verdict::scope_hold::scope;

// Only 410 deletes a token by itself. BadDeviceToken and the topic's reasons are also what a wrong
// environment or bundle id looks like, from every token at once. A 503 Shutdown is counted: the breaker
// counts every 5xx.
constexpr answer_row table[] = {
    when(200, "", none, delivered()),
    when(410, "Unregistered", none, drops("unregistered")),
    when(410, "ExpiredToken", none, drops("expired_token")),
    by_setting(when(400, "BadDeviceToken", none, sets_aside("bad_device_token"))),
    when(400, "DeviceTokenNotForTopic", none, sets_aside("device_token_not_for_topic")),
    when(400, "TopicDisallowed", none, with_alert(sets_aside("topic_disallowed"))),
    when(400, "BadTopic", none, with_alert(sets_aside("bad_topic"))),
    when(400, "MissingTopic", none, with_alert(sets_aside("missing_topic"))),
    when(400, "BadCollapseId", none, fails("bad_collapse_id")),
    when(400, "BadExpirationDate", none, fails("bad_expiration_date")),
    when(400, "BadMessageId", none, fails("bad_message_id")),
    when(400, "BadPriority", none, fails("bad_priority")),
    when(400, "DuplicateHeaders", none, fails("duplicate_headers")),
    when(400, "InvalidPushType", none, fails("invalid_push_type")),
    when(400, "MissingPushType", none, fails("missing_push_type")),
    when(400, "MissingDeviceToken", none, fails("missing_device_token")),
    when(400, "PayloadEmpty", none, fails("payload_empty")),
    when(400, "MissingChannelId", none, fails("missing_channel_id")),
    when(400, "BadChannelId", none, fails("bad_channel_id")),
    when(400, "ChannelNotRegistered", none, fails("channel_not_registered")),
    when(400, "FeatureNotEnabled", none, with_alert(fails("feature_not_enabled"))),
    when(403, "FeatureNotEnabled", none, with_alert(fails("feature_not_enabled"))),
    when(400, "IdleTimeout", none, reconnecting(retries("idle_timeout"))),
    when(404, "BadPath", none, with_alert(fails("bad_path"))),
    when(405, "", none, with_alert(fails("method_not_allowed"))),
    when(413, "", none, fails("payload_too_large")),
    when(403, "ExpiredProviderToken", none, reconnecting(renews_credential("expired_provider_token"))),
    when(403, "InvalidProviderToken", none, breaks_credential("invalid_provider_token")),
    when(403, "MissingProviderToken", none, breaks_credential("missing_provider_token")),
    when(403, "UnrelatedKeyIdInToken", none, breaks_credential("unrelated_key_id")),
    when(403, "BadEnvironmentKeyIdInToken", none, breaks_credential("bad_environment_key")),
    when(403, "BadEnvironmentKeyInToken", none, breaks_credential("bad_environment_key")),
    when(403, "BadCertificate", none, breaks_credential("bad_certificate")),
    when(403, "BadCertificateEnvironment", none, breaks_credential("bad_certificate")),
    when(403, "Forbidden", none, breaks_credential("forbidden")),
    when(429, "TooManyRequests", none, retries_after("too_many_requests", quota_wait, this_device)),
    when(429, "TooManyProviderTokenUpdates", none,
         with_alert(retries_after("too_many_provider_token_updates", quota_wait, whole_scope))),
    when(429, "", none, retries_after("other", quota_wait, whole_scope)),
    when(500, "InternalServerError", none, breaks("http_500")),
    when(503, "ServiceUnavailable", none, breaks("http_503")),
    when(503, "Shutdown", none, reconnecting(breaks("shutdown"))),
    when(500, "", not_json, breaks_unknown("http_500")),
    when(503, "", not_json, breaks_unknown("http_503")),
    when(5, "", none, breaks_unknown("other")),
    when(4, "", none, fails("other")),
    when(3, "", none, with_alert(fails("redirect"))),
    when(0, "", none, breaks_unknown("bad_status")),
};

/// How far Apple's clock may be ahead of ours.
constexpr std::chrono::minutes clock_slack{10};

/// Milliseconds since the epoch, by Apple's documentation. Zero when absent or in the future: then it says
/// nothing.
epoch_ms dead_since(const json::object* root, epoch_ms now) noexcept {
  const auto* member = root ? root->if_contains("timestamp") : nullptr;
  const auto* number = member ? member->if_int64() : nullptr;
  if (!number || *number <= 0 || epoch_ms(*number) > now + clock_slack) return epoch_ms{0};
  return epoch_ms(*number);
}

}  // namespace

std::span<const answer_row> apns_answer_table() noexcept {
  return table;
}

verdict classify_apns(const provider_answer& answer, epoch_ms now, outcome bad_device_token) {
  if (answer.failure != send_failure::none) return unanswered(answer.failure);
  if (answer.status == 200) return delivered();
  const answer_json body(answer.body);
  answer_facts facts;
  facts.status = answer.status;
  facts.is_json = body.object() != nullptr;
  facts.code = string_in(body.object(), "reason");
  const auto& row = find_row(table, facts);
  auto what = row.what;
  if (row.by_setting) what.result = bad_device_token;
  if (answer.status == 410) what.dead_since = dead_since(body.object(), now);
  apply_retry_after(what, answer.retry_after, now);
  return what;
}

}  // namespace dispatch
