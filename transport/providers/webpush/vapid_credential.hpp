#pragma once

// Voluntary application server identification (RFC 8292): a token signed with the key the subscriptions were
// made for, one for each push service.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "transport/providers/credential.hpp"
#include "transport/providers/io_timer.hpp"
#include "transport/providers/jwt.hpp"

namespace dispatch {

/// The key and who answers for it. Immutable; shared by all push services.
class vapid_identity {
 public:
  /// `key` is a PEM private key on P-256, or its 32 bytes in base64 as web-push libraries print them. A
  /// string is the error, without secrets.
  static std::variant<std::shared_ptr<const vapid_identity>, std::string> make(std::string_view key,
                                                                               const std::string& subject);

  /// What browsers subscribe with (applicationServerKey): the public key, uncompressed, in base64url.
  const std::string& public_key() const noexcept { return public_key_; }
  /// Section 2; empty when it cannot be signed.
  std::string token(std::string_view origin, std::chrono::seconds expires) const;

 private:
  vapid_identity(signing_key key, std::string public_key, std::string subject)
      : key_(std::move(key)), public_key_(std::move(public_key)), subject_(std::move(subject)) {}
  signing_key key_;
  std::string public_key_;
  std::string subject_;
};

/// What is wrong with a subject, or nothing. Apple refuses more than the RFC does: blanks and brackets in an
/// address, and hosts named localhost.
std::string vapid_subject_problem(std::string_view subject);

/// Headers: authorization, and what every encrypted message has. `origin` is the push service's, which the
/// token is good for alone. `after` is a timer of the credential's io thread.
std::unique_ptr<credential> make_vapid_credential(std::shared_ptr<const vapid_identity> identity,
                                                  std::string origin, std::function<epoch_ms()> now,
                                                  after_function after);

}  // namespace dispatch
