#pragma once

// AES-128 in Galois/Counter Mode (NIST SP 800-38D), encryption, for one message after another.

#include <array>
#include <cstddef>
#include <memory>

namespace dispatch {

/// One thread at a time.
class aes128_gcm {
 public:
  static constexpr std::size_t tag_bytes = 16;
  using key = std::array<unsigned char, 16>;
  using nonce = std::array<unsigned char, 12>;

  /// Throws std::runtime_error when OpenSSL refuses, like encrypt().
  aes128_gcm();
  ~aes128_gcm();
  aes128_gcm(const aes128_gcm&) = delete;
  aes128_gcm& operator=(const aes128_gcm&) = delete;

  /// In place; the tag goes to the 16 bytes behind the text. The same key and nonce never twice.
  void encrypt(const key& with, const nonce& once, unsigned char* text, std::size_t size);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dispatch
