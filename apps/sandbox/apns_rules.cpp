#include "apps/sandbox/apns_rules.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace dispatch::sandbox {
namespace {

constexpr std::size_t max_payload = 4096;
constexpr std::size_t max_voip_payload = 5120;

constexpr std::string_view push_types[] = {"alert",        "background",   "location", "voip",
                                           "complication", "fileprovider", "mdm",      "liveactivity",
                                           "pushtotalk",   "controls",     "widgets"};

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= 19 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

// A look at both ends: the sandbox need not be a validator, and parsing would be half the cost of a push.
bool looks_like_object(std::string_view body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  const auto last = body.find_last_not_of(" \t\r\n");
  return first != std::string_view::npos && last > first && body[first] == '{' && body[last] == '}';
}

std::string_view usual_reason(int status) {
  switch (status) {
    case 400:
      return "BadDeviceToken";
    case 403:
      return "InvalidProviderToken";
    case 404:
      return "BadPath";
    case 405:
      return "MethodNotAllowed";
    case 410:
      return "Unregistered";
    case 413:
      return "PayloadTooLarge";
    case 429:
      return "TooManyRequests";
    case 503:
      return "ServiceUnavailable";
    default:
      return "InternalServerError";
  }
}

}  // namespace

apns_refusal judge_apns_request(const request& asked) {
  if (!asked.apns_id.empty() && !is_uuid(asked.apns_id)) return {400, "BadMessageId"};
  if (asked.apns_topic.empty()) return {400, "MissingTopic"};
  if (std::find(std::begin(push_types), std::end(push_types), asked.apns_push_type) == std::end(push_types)) {
    return {400, "InvalidPushType"};
  }
  const auto& priority = asked.apns_priority;
  if (!priority.empty() && priority != "10" && priority != "5" && priority != "1")
    return {400, "BadPriority"};
  if (priority == "10" && asked.apns_push_type == "background") return {400, "BadPriority"};
  if (!asked.apns_expiration.empty() && !is_digits(asked.apns_expiration)) return {400, "BadExpirationDate"};
  if (asked.apns_collapse_id.size() > 64) return {400, "BadCollapseId"};
  if (asked.body_bytes > (asked.apns_push_type == "voip" ? max_voip_payload : max_payload)) {
    return {413, "PayloadTooLarge"};
  }
  if (!looks_like_object(asked.body)) return {400, "PayloadEmpty"};
  return {};
}

bool is_apns_token(std::string_view token) {
  if (token.empty() || token.size() > 512) return false;
  return std::all_of(token.begin(), token.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

void apns_error(answer& out, int status, std::string_view reason, std::int64_t now_ms) {
  if (reason.empty()) reason = usual_reason(status);
  out.status = status;
  out.reason = reason;
  out.content_type = "application/json";
  // Reasons are literals, [A-Za-z0-9_] of a token, or checked at the control port: nothing to escape.
  out.body = status == 410 ? fmt::format(R"({{"reason":"{}","timestamp":{}}})", reason, now_ms)
                           : fmt::format(R"({{"reason":"{}"}})", reason);
}

std::string_view apns_name_of_fcm_reason(std::string_view reason) {
  if (reason == "UNREGISTERED") return "Unregistered";
  if (reason == "QUOTA_EXCEEDED" || reason == "RESOURCE_EXHAUSTED") return "TooManyRequests";
  if (reason == "INTERNAL") return "InternalServerError";
  if (reason == "UNAVAILABLE") return "ServiceUnavailable";
  return reason.find('_') == std::string_view::npos ? reason : std::string_view{};
}

}  // namespace dispatch::sandbox
