#pragma once

#include <openssl/ssl.h>

#include <array>
#include <string>
#include <string_view>

namespace dispatch::sandbox {

// The first 8 hex digits of the SHA-256: how a credential appears in the ledger.
std::array<char, 8> short_hash(std::string_view bytes);

// What a client showed in the handshake, which has checked that the sandbox's CA signed it.
struct client_certificate {
  std::string bundle;          // the subject's UID, as in Apple's push certificates; empty: none was shown
  std::array<char, 8> hash{};  // of its DER; zeroes without
};
client_certificate shown_by(SSL* ssl);

}  // namespace dispatch::sandbox
