#include "apps/sandbox/push_rules.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace dispatch::sandbox {
namespace {

constexpr std::size_t max_body = 4096;
constexpr std::size_t max_topic = 32;
constexpr std::string_view urgencies[] = {"", "very-low", "low", "normal", "high"};

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= 10 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_topic(std::string_view text) {
  return text.size() <= max_topic && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                  c == '-';
         });
}

int usual_number(int status) {
  switch (status) {
    case 401:
    case 403:
      return 109;
    case 404:
      return 102;
    case 410:
      return 103;
    case 413:
      return 104;
    case 503:
      return 201;
    default:
      return 999;
  }
}

}  // namespace

push_refusal judge_push_request(const request& asked) {
  if (asked.ttl.empty()) return {400, 111, "missing_ttl"};
  if (!is_digits(asked.ttl)) return {400, 112, "invalid_ttl"};
  if (!is_topic(asked.topic)) return {400, 113, "invalid_topic"};
  if (std::find(std::begin(urgencies), std::end(urgencies), asked.urgency) == std::end(urgencies))
    return {400, 999, "invalid_urgency"};
  if (asked.content_encoding != "aes128gcm") return {400, 110, "invalid_content_encoding"};
  if (asked.body_bytes > max_body) return {413, 104, "payload_too_large"};
  return {};
}

void push_error(answer& out, int status, int number, std::string_view reason) {
  out.status = status;
  out.reason = reason.empty() ? fmt::format("http_{}", status) : std::string(reason);
  out.content_type = "application/json";
  // Reasons are literals, [A-Za-z0-9_] of a token, or checked at the control port: nothing to escape.
  out.body = fmt::format(R"({{"code":{},"errno":{},"error":"Error","message":"{}"}})", status,
                         number == 0 ? usual_number(status) : number, out.reason);
}

}  // namespace dispatch::sandbox
