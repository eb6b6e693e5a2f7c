#pragma once

// UUIDs of RFC 9562: version 4 and version 7. Time and random bits are given by the caller.

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace dispatch {

/// 128 random bits; where they must not be guessed, from a cryptographic source.
using random_bits = std::array<std::uint64_t, 2>;

class uuid {
 public:
  static uuid v4(const random_bits& random) noexcept;

  uuid() = default;
  explicit uuid(const std::array<std::uint8_t, 16>& bytes) noexcept : bytes_{bytes} {}

  /// Network order.
  const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  /// 36 characters, lower case, with dashes; sorts as the bytes do.
  std::string text() const;

  friend auto operator<=>(const uuid&, const uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// Version 7 (section 5.7), strictly increasing per generator: within a millisecond, and when the clock steps
/// back, a 12-bit counter goes on from the last (section 6.2, method 1); once it is full the timestamp runs
/// one millisecond ahead. One owner thread.
class uuid_v7_generator {
 public:
  /// `now`: since the Unix epoch; negative counts as 0.
  uuid next(std::chrono::milliseconds now, const random_bits& random) noexcept;

 private:
  std::uint64_t last_ms_ = 0;
  std::uint32_t counter_ = 0;
  bool used_ = false;
};

}  // namespace dispatch
