#include "core/policy/address_guard.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace dispatch {
namespace {

struct refused_network {
  std::string_view network;
  std::string_view why;
};

// IANA IPv4 Special-Purpose Address Registry, and multicast (RFC 5771).
constexpr std::array v4_rows{
    refused_network{"0.0.0.0/8", "unspecified"},
    refused_network{"10.0.0.0/8", "private"},
    refused_network{"100.64.0.0/10", "carrier-grade NAT"},
    refused_network{"127.0.0.0/8", "loopback"},
    refused_network{"169.254.0.0/16", "link-local"},
    refused_network{"172.16.0.0/12", "private"},
    refused_network{"192.0.0.0/24", "IETF protocol assignment"},
    refused_network{"192.0.2.0/24", "documentation"},
    refused_network{"192.88.99.0/24", "6to4 relay"},
    refused_network{"192.168.0.0/16", "private"},
    refused_network{"198.18.0.0/15", "benchmarking"},
    refused_network{"198.51.100.0/24", "documentation"},
    refused_network{"203.0.113.0/24", "documentation"},
    refused_network{"224.0.0.0/4", "multicast"},
    refused_network{"255.255.255.255", "broadcast"},
    refused_network{"240.0.0.0/4", "reserved"},
};

// IANA IPv6 Special-Purpose Address Registry. Outside 2000::/3 nothing is global unicast (RFC 4291 section
// 2.4); those rows are there to say what it is.
constexpr std::array v6_rows{
    refused_network{"::", "unspecified"},
    refused_network{"::1", "loopback"},
    refused_network{"::/96", "v4-compatible"},
    refused_network{"64:ff9b:1::/48", "local NAT64"},
    refused_network{"100::/64", "discard-only"},
    refused_network{"2001::/32", "Teredo"},
    refused_network{"2001:2::/48", "benchmarking"},
    refused_network{"2001:10::/28", "ORCHID"},
    refused_network{"2001:20::/28", "ORCHID"},
    refused_network{"2001::/23", "IETF protocol assignment"},
    refused_network{"2001:db8::/32", "documentation"},
    refused_network{"2002::/16", "6to4"},
    refused_network{"3fff::/20", "documentation"},
    refused_network{"5f00::/16", "segment routing"},
    refused_network{"fc00::/7", "unique local"},
    refused_network{"fe80::/10", "link-local"},
    refused_network{"fec0::/10", "site-local"},
    refused_network{"ff00::/8", "multicast"},
};

struct judged_network {
  ip_network network;
  std::string_view why;
};

std::vector<judged_network> parse_rows(std::span<const refused_network> rows) {
  std::vector<judged_network> out;
  for (const auto& [text, why] : rows) out.push_back({ip_network::parse(text).value(), why});
  return out;
}

std::string_view first_match(const std::vector<judged_network>& rows, const ip_address& to) noexcept {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.network.contains(to); });
  return found == rows.end() ? std::string_view() : found->why;
}

std::string_view v4_refusal(const ip_address& to) noexcept {
  static const auto rows = parse_rows(v4_rows);
  return first_match(rows, to);
}

std::string_view v6_refusal(const ip_address& to) noexcept {
  static const auto rows = parse_rows(v6_rows);
  static const auto nat64 = ip_network::parse("64:ff9b::/96").value();  // RFC 6052 section 2.1
  static const auto global_unicast = ip_network::parse("2000::/3").value();
  if (nat64.contains(to)) return v4_refusal(ip_address::of_v4(std::span(to.bytes()).last<4>()));
  if (const auto why = first_match(rows, to); !why.empty()) return why;
  return global_unicast.contains(to) ? std::string_view() : "not global unicast";
}

}  // namespace

std::string_view address_guard::refusal(const ip_address& to) const noexcept {
  const bool allowed = std::any_of(allowed_.begin(), allowed_.end(),
                                   [&](const ip_network& network) { return network.contains(to); });
  if (allowed) return {};
  return to.is_v4() ? v4_refusal(to) : v6_refusal(to);
}

}  // namespace dispatch
