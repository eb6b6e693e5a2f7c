#pragma once

// JSON Web Tokens as callers bring them (RFC 7519, JWS compact form), after RFC 8725: a token names a
// configured key by `iss` and `kid`, compared as texts and never looked up anywhere else, and that key fixes
// the algorithm.

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "transport/providers/jwt.hpp"

namespace dispatch {

struct principal;

struct jwt_key {
  std::string issuer;
  std::string key_id;  ///< empty: for tokens without `kid`
  std::string audience;
  std::variant<std::string, verifying_key> key;  ///< HS256: the secret; else RS256 or ES256, as the key is
  std::chrono::seconds leeway{30};
  std::chrono::seconds max_lifetime{86'400};  ///< how far ahead `exp` may be
  std::shared_ptr<const principal> who;
};

enum class jwt_fault : std::uint8_t {
  untrusted,  ///< malformed, of no known key, of another algorithm, or its signature is wrong: all the same
              ///< outside
  // With a good signature, so that saying it helps no guesser:
  wrong_audience,
  expired,
  not_yet_valid,  ///< nbf or iat in the future
  lives_too_long  ///< exp too far ahead
};
std::string_view to_string(jwt_fault fault) noexcept;

inline constexpr std::size_t max_jwt_bytes = 8'192;
/// RFC 7518 section 3.2: as long as the hash.
inline constexpr std::size_t min_hs256_secret_bytes = 32;

/// A good token: the key it is good for, and until when it is that (seconds since the epoch, leeway
/// included).
struct verified_jwt {
  const jwt_key* key = nullptr;
  std::int64_t until = 0;
};
std::variant<verified_jwt, jwt_fault> verify_jwt(std::string_view token, std::span<const jwt_key> keys,
                                                 std::chrono::system_clock::time_point now);

/// The key it is good for. Required are `iss`, `aud` and `exp`; `nbf` and `iat` are checked when there.
std::variant<const jwt_key*, jwt_fault> check_jwt(std::string_view token, std::span<const jwt_key> keys,
                                                  std::chrono::system_clock::time_point now);

}  // namespace dispatch
