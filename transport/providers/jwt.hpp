#pragma once

// Signing JSON Web Tokens in JWS compact form (RFC 7515, 7518): RS256 for Google, ES256 for Apple and VAPID;
// and checking the signatures of those that callers bring.

#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "transport/crypto/base64.hpp"

namespace dispatch {

enum class key_error : std::uint8_t {
  not_a_private_key,  ///< no PEM private key, or one with a password
  not_a_public_key,   ///< no PEM "PUBLIC KEY" (SubjectPublicKeyInfo)
  wrong_type,         ///< RS256 wants RSA of 2048 bits or more, ES256 P-256
  signing_failed
};
/// For people; says nothing of the key's contents.
std::string_view to_string(key_error error) noexcept;

enum class jws_algorithm : std::uint8_t { rs256, es256 };

/// A private key. Copies share it; signing is safe from any thread.
class signing_key {
 public:
  static boost::system::result<signing_key, key_error> from_pem(std::string_view pem,
                                                                jws_algorithm algorithm);

  /// header.claims.signature, each base64url. `header` and `claims` are JSON texts; `header` names the
  /// algorithm: the caller's job.
  boost::system::result<std::string, key_error> sign(std::string_view header, std::string_view claims) const;
  /// The signature's bytes: PKCS#1 v1.5 for RS256, r || s for ES256.
  boost::system::result<std::string, key_error> signature(std::string_view input) const;

 private:
  signing_key(std::shared_ptr<void> key, jws_algorithm algorithm)
      : key_(std::move(key)), algorithm_(algorithm) {}
  std::shared_ptr<void> key_;  // EVP_PKEY, so that no OpenSSL header is needed here
  jws_algorithm algorithm_;
};

/// A public key, and the one algorithm it is for. Copies share it; checking is safe from any thread.
class verifying_key {
 public:
  static boost::system::result<verifying_key, key_error> from_pem(std::string_view pem,
                                                                  jws_algorithm algorithm);

  /// `signature` as signing_key::signature() gives it.
  bool verifies(std::string_view input, std::string_view signature) const;
  jws_algorithm algorithm() const noexcept { return algorithm_; }

 private:
  verifying_key(std::shared_ptr<void> key, jws_algorithm algorithm)
      : key_(std::move(key)), algorithm_(algorithm) {}
  std::shared_ptr<void> key_;  // EVP_PKEY
  jws_algorithm algorithm_;
};

}  // namespace dispatch
