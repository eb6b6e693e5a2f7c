#pragma once

// Encryption of a push message for one subscription (RFC 8291), as a single record of aes128gcm (RFC 8188):
// only the browser that made the subscription can read it, the push service cannot.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "transport/crypto/aes_gcm.hpp"
#include "transport/crypto/p256.hpp"

namespace dispatch {

/// What the subscription's `keys` hold.
struct subscription_keys {
  p256_point open{};  ///< p256dh; not yet known to be a point
  std::array<unsigned char, 16> auth{};

  /// Base64 of any form; nullopt when one of them has not the length it must have.
  static std::optional<subscription_keys> parse(std::string_view p256dh, std::string_view auth);
};

/// What is fresh for each message; given only by tests, which compare with the RFC's own example.
struct seal_randomness {
  p256_pair sender;
  std::array<unsigned char, 16> salt{};
};

enum class seal_status : std::uint8_t {
  ok,
  unreadable_keys,  ///< p256dh or auth is not base64 of 65 and 16 bytes
  not_on_curve,     ///< p256dh is no point of P-256
  too_large         ///< more than max_plaintext bytes
};
/// For people; says nothing of the keys' contents.
std::string_view to_string(seal_status status) noexcept;

/// Keeps what OpenSSL needs from message to message. One thread at a time.
class message_sealer {
 public:
  /// A push service must take bodies of 4,096 bytes (RFC 8030 section 7.2), and takes no more: 86 are the
  /// record's header, 17 its delimiter and tag.
  static constexpr std::size_t max_plaintext = 3'993;

  /// Replaces `body` by its encryption; leaves it as it is unless the answer is ok. Throws
  /// std::runtime_error when OpenSSL has no random bytes.
  seal_status seal(std::string_view p256dh, std::string_view auth, std::string& body);
  seal_status seal(const subscription_keys& keys, const seal_randomness& with, std::string& body);

  /// Whether seal() could encrypt for these keys.
  seal_status check(std::string_view p256dh, std::string_view auth);

 private:
  p256 curve_;
  aes128_gcm cipher_;
};

}  // namespace dispatch
