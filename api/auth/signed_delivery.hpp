#pragma once

// The three headers of a request signed as Standard Webhooks says: webhook-id, webhook-timestamp,
// webhook-signature. Used for callers (HMAC credentials) and for webhook sources.

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "core/digest.hpp"
#include "transport/crypto/webhook_secret.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

struct signed_delivery {
  std::string_view id;  ///< visible ASCII without a full stop, at most 128 bytes; a view into the request
  std::int64_t timestamp = 0;
  std::vector<sha256_digest> signatures;  ///< those of "v1"; others are skipped
};

enum class delivery_fault : std::uint8_t {
  malformed,  ///< a header is missing, comes twice, or is not what it should be
  stale,      ///< the timestamp is further from `now` than the tolerance, before or after
  forged      ///< no signature is right
};

/// Signatures of one header that are looked at; a rotation needs two.
inline constexpr std::size_t max_signatures = 8;

std::variant<signed_delivery, delivery_fault> read_signed_delivery(const http_request& request,
                                                                   std::chrono::system_clock::time_point now,
                                                                   std::chrono::seconds tolerance);

/// True when one of the signatures is by one of the secrets. Hashes the body once a secret, whatever fits.
bool is_signed_by(const signed_delivery& delivery, std::span<const webhook_secret> secrets,
                  std::string_view body);

/// True when no header of that (lower-case) name comes twice: two readers might see different ones.
bool at_most_once(const http_request& request, std::string_view name) noexcept;

/// Digits only, at most 15: seconds since the epoch as headers carry them.
std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept;
bool is_near(std::int64_t timestamp, std::chrono::system_clock::time_point now,
             std::chrono::seconds tolerance) noexcept;

}  // namespace dispatch
