#pragma once

// Elliptic-curve Diffie-Hellman on NIST P-256 (SEC 1 section 3.3.1), for one message after another: group,
// numbers and points are made once. One thread at a time.

#include <array>
#include <memory>
#include <optional>
#include <string_view>

namespace dispatch {

/// Uncompressed (SEC 1 section 2.3.3): 0x04, x, y.
using p256_point = std::array<unsigned char, 65>;
/// Big-endian.
using p256_number = std::array<unsigned char, 32>;

struct p256_pair {
  p256_number secret{};
  p256_point open{};
};

class p256 {
 public:
  /// Throws std::runtime_error when OpenSSL refuses, like generate().
  p256();
  ~p256();
  p256(const p256&) = delete;
  p256& operator=(const p256&) = delete;

  /// A fresh key pair from OpenSSL's generator for private keys.
  p256_pair generate();
  /// The pair of this private key; nullopt unless it is between 1 and the group's order.
  std::optional<p256_pair> pair_of(std::string_view secret);
  /// The x coordinate of secret times peer; nullopt when `peer` is no uncompressed point of the curve. That
  /// is all there is to check: every point of the curve but infinity is in the group, whose order is prime.
  std::optional<p256_number> shared_secret(const p256_number& secret, std::string_view peer);
  /// Whether it is an uncompressed point of the curve.
  bool is_point(std::string_view bytes);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dispatch
