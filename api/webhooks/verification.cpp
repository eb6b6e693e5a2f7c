#include "api/webhooks/verification.hpp"

#include <algorithm>
#include <optional>

#include "api/auth/signed_delivery.hpp"
#include "transport/crypto/hmac.hpp"

namespace dispatch {
namespace {

using time_point = std::chrono::system_clock::time_point;

constexpr std::string_view bearer = "Bearer ";

bool is_one_of(const std::vector<std::string>& secrets, std::string_view given) {
  bool found = false;
  // Hashes are compared, so that not even a secret's length shows.
  const auto digest = sha256(given);
  for (const auto& secret : secrets)
    found = equal_in_constant_time(bytes_of(sha256(secret)), bytes_of(digest)) || found;
  return found;
}

std::optional<bool> check_head(const standard_webhooks_scheme& scheme, const http_request& head,
                               time_point now) {
  const auto read = read_signed_delivery(head, now, scheme.tolerance);
  return std::holds_alternative<signed_delivery>(read) ? std::nullopt : std::optional(false);
}

bool check(const standard_webhooks_scheme& scheme, const http_request& request, time_point now) {
  const auto read = read_signed_delivery(request, now, scheme.tolerance);
  const auto* delivery = std::get_if<signed_delivery>(&read);
  return delivery && is_signed_by(*delivery, scheme.secrets, request.body);
}

/// 64 digits of either case, in lower case; nullopt otherwise.
std::optional<std::string> hex_digits(std::string_view text) {
  if (text.size() != 64) return std::nullopt;
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c | 0x20);
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
  }
  return out;
}

struct hex_signatures {
  std::optional<std::int64_t> timestamp;
  std::vector<std::string> digests;
};

/// "t=1492774577,v1=5257…,v0=…": unknown names are skipped, a second t refuses all.
std::optional<hex_signatures> parse_timestamped(std::string_view text) {
  hex_signatures made;
  for (std::size_t parts = 0; !text.empty() && parts < max_signatures; ++parts) {
    const auto comma = std::min(text.find(','), text.size());
    const auto part = text.substr(0, comma);
    if (part.starts_with("t=")) {
      if (made.timestamp) return std::nullopt;
      made.timestamp = parse_timestamp(part.substr(2));
      if (!made.timestamp) return std::nullopt;
    } else if (part.starts_with("v1=")) {
      if (auto digits = hex_digits(part.substr(3))) made.digests.push_back(*std::move(digits));
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (!made.timestamp) return std::nullopt;
  return made;
}

std::optional<hex_signatures> parse_plain(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  auto digits = hex_digits(text.substr(prefix.size()));
  if (!digits) return std::nullopt;
  return hex_signatures{std::nullopt, {*std::move(digits)}};
}

/// nullopt: whatever the body is, they are not good.
std::optional<hex_signatures> read_hex(const hex_hmac_scheme& scheme, const http_request& request,
                                       time_point now) {
  if (!at_most_once(request, scheme.header)) return std::nullopt;
  const auto header = request.header(scheme.header);
  auto read = scheme.timestamped ? parse_timestamped(header) : parse_plain(header, scheme.prefix);
  if (!read || read->digests.empty()) return std::nullopt;
  if (read->timestamp && !is_near(*read->timestamp, now, scheme.tolerance)) return std::nullopt;
  return read;
}

std::optional<bool> check_head(const hex_hmac_scheme& scheme, const http_request& head, time_point now) {
  return read_hex(scheme, head, now) ? std::nullopt : std::optional(false);
}

bool check(const hex_hmac_scheme& scheme, const http_request& request, time_point now) {
  const auto read = read_hex(scheme, request, now);
  if (!read) return false;
  const auto signed_prefix = read->timestamp ? std::to_string(*read->timestamp) + '.' : std::string();
  bool found = false;
  for (const auto& secret : scheme.secrets) {
    const auto expected = to_hex(hmac_sha256(secret, {signed_prefix, request.body}));
    for (const auto& given : read->digests) found = equal_in_constant_time(expected, given) || found;
  }
  return found;
}

bool check(const bearer_scheme& scheme, const http_request& request, time_point) {
  if (!at_most_once(request, scheme.header)) return false;
  auto given = request.header(scheme.header);
  if (scheme.header == "authorization") {
    if (!given.starts_with(bearer)) return false;
    given.remove_prefix(bearer.size());
  }
  return !given.empty() && is_one_of(scheme.secrets, given);
}

std::optional<bool> check_head(const bearer_scheme& scheme, const http_request& head, time_point now) {
  return check(scheme, head, now);
}

}  // namespace

std::optional<bool> is_authentic_by_head(const webhook_verification& scheme, const http_request& head,
                                         time_point now) {
  return std::visit([&](const auto& one) { return check_head(one, head, now); }, scheme);
}

bool is_authentic(const webhook_verification& scheme, const http_request& request, time_point now) {
  return std::visit([&](const auto& one) { return check(one, request, now); }, scheme);
}

}  // namespace dispatch
