#include "transport/providers/webpush/webpush_answer.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <cctype>
#include <charconv>

#include "transport/providers/answer/answer_json.hpp"

namespace json = boost::json;

namespace dispatch {
namespace {

using enum evidence;
constexpr auto this_endpoint = verdict::scope_hold::none;

// An endpoint is one subscription's own address, so a 404 or 410 of it is what RFC 8030 section 7.3 says an
// expired subscription gets. Not so a page of HTML: that is a front end's, of every address alike. A code is
// autopush's errno, or Apple's reason.
constexpr answer_row table[] = {
    when(2, "", none, delivered()),
    when(410, "", html_page, with_alert(sets_aside("page_instead_of_answer"))),
    when(404, "", html_page, with_alert(sets_aside("page_instead_of_answer"))),
    when(410, "", none, drops("gone")),
    when(404, "", none, drops("not_found")),
    when(400, "", other_key, with_alert(counted(sets_aside("vapid_key_mismatch")))),
    when(401, "", other_key, with_alert(counted(sets_aside("vapid_key_mismatch")))),
    when(403, "", other_key, with_alert(counted(sets_aside("vapid_key_mismatch")))),
    when(400, "110", none, fails("invalid_encryption_header")),
    when(400, "111", none, fails("missing_header")),
    when(400, "112", none, fails("invalid_ttl")),
    when(400, "113", none, fails("invalid_topic")),
    when(400, "BadWebPushTopic", none, fails("invalid_topic")),
    when(400, "", none, fails("bad_request")),
    when(401, "", none, renews_credential("unauthorized")),
    when(403, "BadJwtToken", none, breaks_credential("bad_jwt_token")),
    when(403, "", none, breaks_credential("forbidden")),
    when(405, "", none, with_alert(fails("method_not_allowed"))),
    when(408, "", none, breaks_unknown("http_408")),
    when(413, "", none, fails("payload_too_large")),
    when(429, "", none, retries_after("too_many_requests", quota_wait, this_endpoint)),
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

/// `needle` in lower case.
bool mentions(std::string_view text, std::string_view needle) noexcept {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return std::search(text.begin(), text.end(), needle.begin(), needle.end(), same) != text.end();
}

/// FCM: "… do not correspond to the credentials used to create the subscriptions", "… does not correspond to
/// the sender ID …"; autopush: "VAPID public key mismatch"; Apple: VapidPkHashMismatch.
bool names_other_key(std::string_view body) noexcept {
  return mentions(body, "mismatch") || mentions(body, "not correspond to");
}

bool is_html(std::string_view body) noexcept {
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const auto start = body.substr(first, 16);
  return mentions(start, "<!doctype") || mentions(start, "<html") || mentions(start, "<head");
}

/// autopush's errno as text, in `room`.
std::string_view errno_in(const json::object* root, std::array<char, 20>& room) noexcept {
  const auto* member = root ? root->if_contains("errno") : nullptr;
  const auto* number = member ? member->if_int64() : nullptr;
  if (!number) return {};
  const auto end = std::to_chars(room.data(), room.data() + room.size(), *number).ptr;
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

}  // namespace

std::span<const answer_row> webpush_answer_table() noexcept {
  return table;
}

verdict classify_webpush(const provider_answer& answer, epoch_ms now) {
  if (answer.failure != send_failure::none) return unanswered(answer.failure);
  if (answer.status == 201) return delivered();
  const answer_json body(answer.body);
  std::array<char, 20> digits{};
  answer_facts facts;
  facts.status = answer.status;
  facts.is_json = body.object() != nullptr;
  facts.is_html = !facts.is_json && is_html(answer.body);
  facts.other_key = names_other_key(answer.body);
  facts.code = string_in(body.object(), "reason");
  if (facts.code.empty()) facts.code = errno_in(body.object(), digits);
  auto what = find_row(table, facts).what;
  apply_retry_after(what, answer.retry_after, now);
  return what;
}

}  // namespace dispatch
