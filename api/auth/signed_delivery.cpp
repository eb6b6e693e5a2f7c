#include "api/auth/signed_delivery.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "transport/crypto/base64.hpp"
#include "transport/crypto/hmac.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_id_bytes = 128;
constexpr std::size_t max_timestamp_digits = 15;
constexpr std::string_view version = "v1,";

/// With a full stop inside, another split of ID.TIMESTAMP.BODY would have the same signature.
bool is_delivery_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_id_bytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '.'; });
}

std::optional<sha256_digest> parse_signature(std::string_view text) {
  if (!text.starts_with(version)) return std::nullopt;
  const auto bytes = base64_decode(text.substr(version.size()));
  sha256_digest out;
  if (!bytes || bytes->size() != out.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

std::vector<sha256_digest> parse_signatures(std::string_view text) {
  std::vector<sha256_digest> found;
  std::size_t looked_at = 0;
  while (!text.empty() && looked_at < max_signatures) {
    const auto blank = std::min(text.find(' '), text.size());
    if (const auto one = parse_signature(text.substr(0, blank))) found.push_back(*one);
    text.remove_prefix(std::min(blank + 1, text.size()));
    ++looked_at;
  }
  return found;
}

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept {
  if (text.empty() || text.size() > max_timestamp_digits ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_near(std::int64_t timestamp, std::chrono::system_clock::time_point now,
             std::chrono::seconds tolerance) noexcept {
  const auto here = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  return timestamp >= here - tolerance.count() && timestamp <= here + tolerance.count();
}

bool at_most_once(const http_request& request, std::string_view name) noexcept {
  return std::count_if(request.headers.begin(), request.headers.end(),
                       [&](const auto& each) { return each.first == name; }) <= 1;
}

std::variant<signed_delivery, delivery_fault> read_signed_delivery(const http_request& request,
                                                                   std::chrono::system_clock::time_point now,
                                                                   std::chrono::seconds tolerance) {
  for (const std::string_view name : {"webhook-id", "webhook-timestamp", "webhook-signature"})
    if (!at_most_once(request, name)) return delivery_fault::malformed;
  signed_delivery made;
  made.id = request.header("webhook-id");
  const auto timestamp = parse_timestamp(request.header("webhook-timestamp"));
  made.signatures = parse_signatures(request.header("webhook-signature"));
  if (!is_delivery_id(made.id) || !timestamp || made.signatures.empty()) return delivery_fault::malformed;
  if (!is_near(*timestamp, now, tolerance)) return delivery_fault::stale;
  made.timestamp = *timestamp;
  return made;
}

bool is_signed_by(const signed_delivery& delivery, std::span<const webhook_secret> secrets,
                  std::string_view body) {
  bool found = false;
  for (const auto& secret : secrets) {
    const auto expected = secret.mac(delivery.id, delivery.timestamp, body);
    for (const auto& given : delivery.signatures)
      found = equal_in_constant_time(bytes_of(expected), bytes_of(given)) || found;
  }
  return found;
}

}  // namespace dispatch
