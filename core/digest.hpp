#pragma once

// Digests: SHA-256 (OpenSSL, fetched once) and the dedupe key every attempt for a recipient carries.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch {

using sha256_digest = std::array<std::uint8_t, 32>;

/// Any thread; no allocation after a thread's first call.
sha256_digest sha256(std::string_view data);
std::string to_hex(const sha256_digest& digest);
/// SHA-256 of a device token as 64 hex digits: how a token appears in logs and results.
std::string token_hash(std::string_view token);

/// hash(tenant, job, recipient index): the same on every attempt and after every crash. Shaped as a UUID
/// (RFC 9562, version 8), because APNs takes nothing else as apns-id.
class dedupe_key {
 public:
  static dedupe_key of(std::string_view tenant, std::string_view job, std::uint64_t recipient_index);
  /// 36 characters, lower case, with dashes.
  std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 36> text_{};
};

}  // namespace dispatch
