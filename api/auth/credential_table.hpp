#pragma once

// All configured credentials, ready to be checked against. Immutable: a reload makes a new one.

#include <memory>
#include <string>
#include <vector>

#include "api/auth/credential.hpp"
#include "api/auth/jwt.hpp"
#include "core/digest.hpp"
#include "transport/crypto/webhook_secret.hpp"

namespace dispatch {

struct api_key_entry {
  sha256_digest digest;  ///< of the whole key, prefix included
  std::shared_ptr<const principal> who;
};

struct hmac_entry {
  std::string name;
  std::vector<webhook_secret> secrets;
  std::shared_ptr<const principal> who;
};

struct credential_table {
  std::vector<api_key_entry> keys;
  std::vector<jwt_key> jwts;
  std::vector<hmac_entry> hmacs;

  bool empty() const noexcept { return keys.empty() && jwts.empty() && hmacs.empty(); }
};

/// A request does not say which HMAC credential it is signed with, so a forged one costs a hash of the body
/// for each secret there is.
inline constexpr std::size_t max_hmac_secrets = 32;

}  // namespace dispatch
