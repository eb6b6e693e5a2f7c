#pragma once

// Checks a compact JWS with OpenSSL and the public half of a key: the other side of the signer.

#include <string>
#include <string_view>

namespace dispatch::testing {

std::string base64url_decode(std::string_view text);
/// `private_pem` holds the public key too. ES256 when the key is EC, RS256 when it is RSA.
bool verifies(std::string_view token, std::string_view private_pem);
/// The decoded claims of a compact JWS.
std::string claims_of(std::string_view token);
std::string header_of_token(std::string_view token);

}  // namespace dispatch::testing
