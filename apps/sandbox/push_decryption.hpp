#pragma once

#include <openssl/evp.h>

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::sandbox {

// What a browser does with a push message (RFC 8291, RFC 8188): one record of aes128gcm. nullopt when it is
// not for this key and secret, or no such record.
std::optional<std::string> decrypt_push(std::string_view body, EVP_PKEY* browser_key, std::string_view auth);

// The public half as browsers hand it out: 65 bytes, uncompressed.
std::string public_point(EVP_PKEY* key);

}  // namespace dispatch::sandbox
