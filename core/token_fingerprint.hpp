#pragma once

// What stands for a token where it must be found again but not read: the first half of a SHA-256. 128 bits,
// so that no two tokens of any real table meet (10^9 of them: one in 10^21).

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace dispatch {

struct token_fingerprint {
  std::array<std::uint8_t, 16> bytes{};

  /// Of a token as one scope ("apns:default") knows it: what is dead to one app may live with another.
  static token_fingerprint of(std::string_view scope, std::string_view token);
  /// 22 characters of base64url (RFC 4648 section 5), without padding: for keys.
  std::string text() const;
  /// Whether text() might have made it.
  static bool is_text(std::string_view text) noexcept;

  friend auto operator<=>(const token_fingerprint&, const token_fingerprint&) = default;
};

/// Already uniform: any eight bytes of it are a hash.
inline std::uint64_t hash_value(const token_fingerprint& of) noexcept {
  std::uint64_t out = 0;
  std::memcpy(&out, of.bytes.data(), sizeof(out));
  return out;
}

}  // namespace dispatch
