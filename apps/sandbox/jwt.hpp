#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "apps/sandbox/openssl_handles.hpp"

namespace dispatch::sandbox {

// A compact JWS (RFC 7515) taken apart. Nothing is trusted before a verify function said yes.
struct jwt {
  boost::json::object header, claims;
  std::string signing_input;  // header.claims as they stood on the wire
  std::string signature;      // raw bytes

  // Empty when absent or no string.
  std::string_view header_text(std::string_view name) const;
  std::string_view claim_text(std::string_view name) const;
  // NumericDate claims; nullopt when absent or no number.
  std::optional<std::int64_t> claim_seconds(std::string_view name) const;
};

std::optional<jwt> parse_jwt(std::string_view text);

// Both demand the matching "alg"; ES256 signatures are r||s, 64 bytes (RFC 7518 section 3.4).
bool verify_rs256(const jwt& token, EVP_PKEY* key);
bool verify_es256(const jwt& token, EVP_PKEY* key);

}  // namespace dispatch::sandbox
