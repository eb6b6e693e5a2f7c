#pragma once

// Standard Webhooks signatures (https://www.standardwebhooks.com, "v1": HMAC-SHA256 over ID.TIMESTAMP.BODY),
// for both sides: what we sign and what we check.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/digest.hpp"

namespace dispatch {

class webhook_secret {
 public:
  /// "whsec_" and base64 of 24 to 64 bytes; also as "v1,whsec_…", as some issue it. nullopt otherwise.
  static std::optional<webhook_secret> parse(std::string_view text);

  sha256_digest mac(std::string_view id, std::int64_t timestamp, std::string_view body) const;
  /// The header's text: "v1," and base64.
  std::string sign(std::string_view id, std::int64_t timestamp, std::string_view body) const;

 private:
  explicit webhook_secret(std::string key) : key_(std::move(key)) {}
  std::string key_;
};

}  // namespace dispatch
