#pragma once

// Makes JSON Web Tokens, good ones and others.

#include <string>
#include <string_view>

#include "api/auth/jwt.hpp"
#include "tests/support/key_pair.hpp"
#include "tests/unit/api/auth/requests.hpp"
#include "transport/crypto/base64.hpp"
#include "transport/crypto/hmac.hpp"

namespace dispatch::test {

inline const std::string shared_secret(32, 's');

inline std::string hs256(std::string_view header, std::string_view claims,
                         std::string_view secret = shared_secret) {
  const auto input = base64url(header) + '.' + base64url(claims);
  return input + '.' + base64url(bytes_of(hmac_sha256(secret, {input})));
}

/// Claims of the issuer "https://idp.example", good for an hour; `more` begins with a comma.
inline std::string claims(std::string_view more = {}, std::int64_t expires = now_s + 3'600) {
  return R"({"iss":"https://idp.example","aud":"dispatch","exp":)" + std::to_string(expires) +
         std::string(more) + '}';
}

inline jwt_key hs256_key(const std::string& key_id = "k1") {
  return {"https://idp.example", key_id, "dispatch", shared_secret, {}, std::chrono::hours{24},
          principal_named("hs")};
}

inline jwt_key public_key(const key_pair& keys, jws_algorithm algorithm, const std::string& key_id) {
  return {"https://idp.example",
          key_id,
          "dispatch",
          *verifying_key::from_pem(keys.public_pem, algorithm),
          std::chrono::seconds{30},
          std::chrono::hours{24},
          principal_named(key_id)};
}

/// The name of the key it is good for, or the fault.
inline std::string verdict_of(const std::string& token, std::span<const jwt_key> keys) {
  const auto answer = check_jwt(token, keys, now);
  if (const auto* key = std::get_if<const jwt_key*>(&answer)) return (*key)->who->credential;
  return std::string(to_string(std::get<jwt_fault>(answer)));
}

}  // namespace dispatch::test
