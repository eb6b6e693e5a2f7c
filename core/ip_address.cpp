#include "core/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace dispatch {
namespace {

constexpr unsigned mapped_bits = 96;  ///< how much of a v4-mapped address is the mapping

std::optional<unsigned> parse_bits(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

bool bit_at(const std::array<std::uint8_t, 16>& bytes, unsigned at) {
  return (bytes[at / 8] >> (7 - at % 8)) & 1;
}

std::vector<ip_network> parse_all(const std::vector<std::string>& entries) {
  std::vector<ip_network> networks;
  networks.reserve(entries.size());
  for (const auto& entry : entries) {
    const auto network = ip_network::parse(entry);
    if (!network) throw std::invalid_argument("not an address or network: " + entry);
    networks.push_back(*network);
  }
  return networks;
}

bool any_contains(const std::vector<ip_network>& networks, const ip_address& address) noexcept {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const ip_network& network) { return network.contains(address); });
}

}  // namespace

std::optional<ip_address> ip_address::parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  ip_address result;
  in_addr v4{};
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
    return of_v4(std::span<const std::uint8_t, 4>(reinterpret_cast<const std::uint8_t*>(&v4), 4));
  }
  if (inet_pton(AF_INET6, terminated.c_str(), result.bytes_.data()) == 1) return result;
  return std::nullopt;
}

ip_address ip_address::of_v4(std::span<const std::uint8_t, 4> bytes) noexcept {
  ip_address result;
  result.bytes_[10] = result.bytes_[11] = 0xff;
  std::copy(bytes.begin(), bytes.end(), result.bytes_.begin() + 12);
  return result;
}

ip_address ip_address::of_v6(std::span<const std::uint8_t, 16> bytes) noexcept {
  ip_address result;
  std::copy(bytes.begin(), bytes.end(), result.bytes_.begin());
  return result;
}

bool ip_address::is_v4() const noexcept {
  return std::all_of(bytes_.begin(), bytes_.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
         bytes_[10] == 0xff && bytes_[11] == 0xff;
}

bool ip_address::is_loopback() const noexcept {
  if (is_v4()) return bytes_[12] == 127;
  return std::all_of(bytes_.begin(), bytes_.begin() + 15, [](std::uint8_t byte) { return byte == 0; }) &&
         bytes_[15] == 1;
}

std::string ip_address::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (is_v4())
    inet_ntop(AF_INET, bytes_.data() + 12, text, sizeof text);
  else
    inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
  return text;
}

std::optional<ip_network> ip_network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = ip_address::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  ip_network result;
  result.base_ = *base;
  if (slash == std::string_view::npos) return result;
  // ::ffff:10.0.0.0/104 counts from the whole address, 10.0.0.0/8 from the v4 part.
  const bool dotted = base->is_v4() && text.substr(0, slash).find(':') == std::string_view::npos;
  const auto bits = parse_bits(text.substr(slash + 1), dotted ? 32 : 128);
  if (!bits) return std::nullopt;
  result.bits_ = dotted ? mapped_bits + *bits : *bits;
  for (unsigned at = result.bits_; at < 128; ++at)
    if (bit_at(base->bytes(), at)) return std::nullopt;
  return result;
}

bool ip_network::contains(const ip_address& address) const noexcept {
  // ::/0 means all of IPv6; that every IPv4 address is mapped somewhere below it is only how we keep them.
  if (address.is_v4() != base_.is_v4()) return false;
  for (unsigned at = 0; at < bits_; ++at)
    if (bit_at(base_.bytes(), at) != bit_at(address.bytes(), at)) return false;
  return true;
}

address_rules::address_rules(const std::vector<std::string>& allow, const std::vector<std::string>& deny)
    : allow_(parse_all(allow)), deny_(parse_all(deny)) {}

bool address_rules::permits(const ip_address& from) const noexcept {
  if (any_contains(deny_, from)) return false;
  return allow_.empty() || any_contains(allow_, from);
}

}  // namespace dispatch
