#include "apps/sandbox/apns_rules.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace dispatch::sandbox {
namespace {

constexpr std::size_t max_payload = 4096;
constexpr std::size_t max_voip_payload = 5120;
constexpr std::size_t max_broadcast_payload = 5120;
constexpr std::size_t max_channel_id = 128;

struct push_type {
  std::string_view name;
  std::string_view suffix;         // of the topic
  std::string_view only_priority;  // empty: any
};

constexpr push_type push_types[] = {
    {"alert", "", ""},
    {"background", "", "5"},
    {"location", ".location-query", ""},
    {"voip", ".voip", ""},
    {"complication", ".complication", ""},
    {"fileprovider", ".pushkit.fileprovider", ""},
    {"mdm", "", ""},
    {"liveactivity", ".push-type.liveactivity", ""},
    {"pushtotalk", ".voip-ptt", "10"},
    {"controls", ".push-type.controls", ""},
    {"widgets", ".push-type.widgets", ""},
};

const push_type* find_type(std::string_view name) {
  const auto* found = std::find_if(std::begin(push_types), std::end(push_types),
                                   [name](const push_type& each) { return each.name == name; });
  return found == std::end(push_types) ? nullptr : found;
}

// Without a suffix of its own the topic must not have another type's either.
bool topic_fits(std::string_view topic, const push_type& type) {
  if (!type.suffix.empty()) return topic.size() > type.suffix.size() && topic.ends_with(type.suffix);
  return std::none_of(std::begin(push_types), std::end(push_types), [topic](const push_type& each) {
    return !each.suffix.empty() && topic.ends_with(each.suffix);
  });
}

bool is_channel_id(std::string_view text) {
  return text.size() <= max_channel_id && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
                  c == '/' || c == '=' || c == '-' || c == '_';
         });
}

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

apns_refusal judge_rest(const request& asked, std::size_t most_bytes) {
  const auto& priority = asked.apns_priority;
  if (!priority.empty() && priority != "10" && priority != "5" && priority != "1")
    return {400, "BadPriority"};
  if (asked.body_bytes > most_bytes) return {413, "PayloadTooLarge"};
  if (!looks_like_object(asked.body)) return {400, "PayloadEmpty"};
  return {};
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
  const auto* type = find_type(asked.apns_push_type);
  if (type == nullptr) return {400, "InvalidPushType"};
  if (!topic_fits(asked.apns_topic, *type)) return {400, "BadTopic"};
  // Without the header it is 10.
  if (!type->only_priority.empty() &&
      (asked.apns_priority.empty() ? "10" : asked.apns_priority) != type->only_priority) {
    return {400, "BadPriority"};
  }
  if (!asked.apns_expiration.empty() && !is_digits(asked.apns_expiration)) return {400, "BadExpirationDate"};
  if (asked.apns_collapse_id.size() > 64) return {400, "BadCollapseId"};
  return judge_rest(asked, type->name == "voip" ? max_voip_payload : max_payload);
}

apns_refusal judge_apns_broadcast(const request& asked) {
  if (!asked.apns_request_id.empty() && !is_uuid(asked.apns_request_id)) return {400, "BadMessageId"};
  if (asked.apns_channel_id.empty()) return {400, "MissingChannelId"};
  if (!is_channel_id(asked.apns_channel_id)) return {400, "BadChannelId"};
  if (asked.apns_push_type.empty()) return {400, "MissingPushType"};
  if (asked.apns_push_type != "liveactivity") return {400, "InvalidPushType"};
  if (!is_digits(asked.apns_expiration)) return {400, "BadExpirationDate"};
  return judge_rest(asked, max_broadcast_payload);
}

bool certificate_covers(std::string_view bundle, std::string_view topic) {
  return topic.starts_with(bundle) && (topic.size() == bundle.size() || topic[bundle.size()] == '.');
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
