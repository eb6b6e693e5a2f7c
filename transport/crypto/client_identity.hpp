#pragma once

// A certificate with its key, as a TLS client shows it to a server that asks (Apple's provider certificates).
// Free of OpenSSL's headers.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace dispatch {

/// Immutable; any thread.
struct client_identity {
  std::shared_ptr<x509_st> certificate;
  std::shared_ptr<evp_pkey_st> key;             ///< secret
  std::vector<std::shared_ptr<x509_st>> chain;  ///< who signed it, who signed that, …
  std::chrono::milliseconds expires_at{0};      ///< since the epoch
  std::string fingerprint;                      ///< SHA-256 of the certificate, in hex
};
using client_identity_ptr = std::shared_ptr<const client_identity>;

/// Of a file's bytes: PKCS #12 (.p12, also with the old ciphers Keychain Access writes) or PEM with both.
/// `password` opens what is encrypted. A string is the error, without secrets. One that has ended is no
/// error.
std::variant<client_identity_ptr, std::string> read_client_identity(std::string_view bytes,
                                                                    const std::string& password);
/// Of a file; the password is the first line of another, none when that is "". May wait for the disk.
std::variant<client_identity_ptr, std::string> load_client_identity(const std::string& file,
                                                                    const std::string& password_file);

}  // namespace dispatch
