#include "transport/providers/fcm_answer.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cctype>

#include "transport/providers/answer/answer_json.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

using enum evidence;
constexpr auto this_device = verdict::scope_hold::none;
constexpr auto whole_scope = verdict::scope_hold::scope;

// UNREGISTERED deletes a token only when FCM itself says so: a 404 by a wrong project or URL, or an HTML page
// of something in between, must not. The quota's default wait is a minute because FCM refills by the minute.
constexpr answer_row table[] = {
    when(2, "", none, delivered()),
    when(404, "UNREGISTERED", own_error, drops("unregistered")),
    when(404, "", none, with_alert(fails("not_found"))),
    when(400, "INVALID_ARGUMENT", names_token, drops("invalid_registration")),
    when(400, "INVALID_ARGUMENT", none, fails("invalid_argument")),
    when(401, "THIRD_PARTY_AUTH_ERROR", own_error, with_alert(fails("third_party_auth_error"))),
    when(401, "APNS_AUTH_ERROR", own_error, with_alert(fails("third_party_auth_error"))),
    when(401, "", none, renews_credential("unauthenticated")),
    by_setting(when(403, "SENDER_ID_MISMATCH", own_error, sets_aside("sender_id_mismatch"))),
    when(403, "", none, breaks_credential("permission_denied")),
    when(429, "", device_quota, retries_after("device_quota", quota_wait, this_device)),
    when(429, "", none, retries_after("quota_exceeded", quota_wait, whole_scope)),
    when(413, "", none, fails("payload_too_large")),
    when(408, "", none, breaks_unknown("http_408")),
    when(500, "", not_json, breaks_unknown("http_500")),
    when(500, "", none, breaks("http_500")),
    when(503, "", not_json, breaks_unknown("http_503")),
    when(503, "", none, breaks("http_503")),
    when(502, "", none, breaks_unknown("http_502")),
    when(504, "", none, breaks_unknown("http_504")),
    when(5, "", none, breaks_unknown("http_5xx")),
    when(4, "", none, fails("http_4xx")),
    when(3, "", none, with_alert(fails("redirect"))),
    when(0, "", none, breaks_unknown("bad_status")),
};

constexpr std::string_view fcm_error_type = "google.firebase.fcm.v1.FcmError";
constexpr std::string_view bad_request_type = "google.rpc.BadRequest";
constexpr std::string_view quota_failure_type = "google.rpc.QuotaFailure";

bool same_letter(char a, char b) noexcept {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

/// `needle` in lower case.
bool mentions(std::string_view text, std::string_view needle) noexcept {
  return std::search(text.begin(), text.end(), needle.begin(), needle.end(), same_letter) != text.end();
}

bool starts_with(std::string_view text, std::string_view start) noexcept {
  return mentions(text.substr(0, start.size()), start);
}

/// "@type" is a URL whose last segment names the type.
bool is_type(const json::object& entry, std::string_view name) noexcept {
  const auto type = string_in(&entry, "@type");
  return type == name ||
         (type.size() > name.size() && type.ends_with(name) && type[type.size() - name.size() - 1] == '/');
}

bool names_device_field(const json::object& bad_request) noexcept {
  const auto* violations = array_in(&bad_request, "fieldViolations");
  return violations && std::any_of(violations->begin(), violations->end(), [](const json::value& each) {
           const auto field = string_in(each.if_object(), "field");
           return field == "message.token" || field == "message.fid";
         });
}

/// FCM words the subject freely; a project's or topic's own name may hold any word.
bool is_device_violation(const json::value& each) noexcept {
  const auto* violation = each.if_object();
  const auto subject = string_in(violation, "subject");
  if (starts_with(subject, "project") || starts_with(subject, "topic") || starts_with(subject, "/topics/"))
    return false;
  return mentions(subject, "device") || mentions(subject, "token") ||
         mentions(string_in(violation, "description"), "device");
}

/// Of several quotas exceeded the widest decides.
bool names_only_devices(const json::object& quota_failure) noexcept {
  const auto* violations = array_in(&quota_failure, "violations");
  return violations && !violations->empty() &&
         std::all_of(violations->begin(), violations->end(), is_device_violation);
}

/// The texts FCM gives for a token it cannot read. At the start only: further on it may quote the message.
bool is_token_text(std::string_view text) noexcept {
  return starts_with(text, "the registration token is not a valid fcm registration token") ||
         starts_with(text, "invalid registration token");
}

answer_facts read_facts(int status, const json::object* root) noexcept {
  answer_facts facts;
  facts.status = status;
  facts.is_json = root != nullptr;
  const auto* error = object_in(root, "error");
  if (!error) return facts;
  facts.code = string_in(error, "status");
  facts.names_token = is_token_text(string_in(error, "message"));
  const auto* details = array_in(error, "details");
  if (!details) return facts;
  for (const auto& each : *details) {
    const auto* entry = each.if_object();
    if (!entry) continue;
    if (is_type(*entry, fcm_error_type) && !facts.own_error) {
      const auto code = string_in(entry, "errorCode");
      if (code.empty()) continue;
      facts.code = code;
      facts.own_error = true;
    } else if (is_type(*entry, bad_request_type)) {
      facts.names_token = facts.names_token || names_device_field(*entry);
    } else if (is_type(*entry, quota_failure_type)) {
      facts.device_quota = facts.device_quota || names_only_devices(*entry);
    }
  }
  return facts;
}

}  // namespace

std::span<const answer_row> fcm_answer_table() noexcept {
  return table;
}

verdict classify_fcm(const provider_answer& answer, epoch_ms now, outcome sender_mismatch) {
  if (answer.failure != send_failure::none) return unanswered(answer.failure);
  if (answer.status == 200) return delivered();
  const answer_json body(answer.body);
  const auto& row = find_row(table, read_facts(answer.status, body.object()));
  auto what = row.what;
  if (row.by_setting) what.result = sender_mismatch;
  apply_retry_after(what, answer.retry_after, now);
  return what;
}

std::string fcm_message_name(const provider_answer& answer) {
  if (answer.status != 200) return {};
  const answer_json body(answer.body);
  return std::string(string_in(body.object(), "name"));
}

}  // namespace dispatch
