#pragma once

// Internet addresses, networks and rules over them. Pure values.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch {

/// An IPv4 address is kept v4-mapped (RFC 4291 section 2.5.5.2), so that both ways of writing it are equal.
class ip_address {
 public:
  /// "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"; no names, no zone, no port.
  static std::optional<ip_address> parse(std::string_view text);
  /// In network order.
  static ip_address of_v4(std::span<const std::uint8_t, 4> bytes) noexcept;
  static ip_address of_v6(std::span<const std::uint8_t, 16> bytes) noexcept;

  bool is_v4() const noexcept;
  bool is_loopback() const noexcept;  ///< 127.0.0.0/8 or ::1
  const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  std::string to_string() const;

  friend bool operator==(const ip_address&, const ip_address&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// An address with a prefix length: "10.0.0.0/8", "2001:db8::/32", or one address alone.
class ip_network {
 public:
  /// The bits below the prefix must be zero: 10.1.0.0/8 is a mistake, and a rule should say what it means.
  static std::optional<ip_network> parse(std::string_view text);

  bool contains(const ip_address& address) const noexcept;

 private:
  ip_address base_;
  unsigned bits_ = 128;  ///< of the v4-mapped form
};

/// Deny wins; an empty allow list allows everyone else.
class address_rules {
 public:
  address_rules() = default;
  /// Throws std::invalid_argument naming the entry that is no address or network.
  address_rules(const std::vector<std::string>& allow, const std::vector<std::string>& deny);

  bool permits(const ip_address& from) const noexcept;

 private:
  std::vector<ip_network> allow_, deny_;
};

}  // namespace dispatch
