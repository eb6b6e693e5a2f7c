#pragma once

// Private keys on P-256 as PEM.

#include <optional>
#include <string>
#include <string_view>

#include "transport/crypto/p256.hpp"

namespace dispatch {

/// PKCS #8 or SEC 1; nullopt when it is no P-256 private key without password.
std::optional<p256_pair> p256_pair_from_pem(std::string_view pem);

/// PKCS #8 ("PRIVATE KEY").
std::string p256_pair_to_pem(const p256_pair& pair);

}  // namespace dispatch
