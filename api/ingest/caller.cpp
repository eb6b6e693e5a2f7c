#include "api/ingest/caller.hpp"

#include <algorithm>
#include <string_view>

namespace dispatch {
namespace {

bool is_trusted(const ip_address& address, const std::vector<ip_network>& trusted) {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&](const ip_network& network) { return network.contains(address); });
}

/// "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80".
std::optional<ip_address> parse_hop(std::string_view hop) {
  while (hop.starts_with(' ') || hop.starts_with('\t')) hop.remove_prefix(1);
  while (hop.ends_with(' ') || hop.ends_with('\t')) hop.remove_suffix(1);
  if (const auto plain = ip_address::parse(hop)) return plain;
  const auto with_port = listen_address::parse(hop);
  return with_port ? std::optional(with_port->address) : std::nullopt;
}

}  // namespace

bool is_trusted_proxy(std::string_view address, const std::vector<ip_network>& trusted) {
  const auto parsed = ip_address::parse(address);
  return parsed && is_trusted(*parsed, trusted);
}

std::optional<ip_address> caller_address(const http_request& request,
                                         const std::vector<ip_network>& trusted) {
  auto address = ip_address::parse(request.remote_address);
  // Proxies append: from the last hop of the last header backwards.
  for (auto header = request.headers.rbegin(); header != request.headers.rend(); ++header) {
    if (!address || !is_trusted(*address, trusted)) return address;
    if (header->first != "x-forwarded-for") continue;
    std::string_view hops = header->second;
    for (bool more = true; more && address && is_trusted(*address, trusted);) {
      const auto comma = hops.rfind(',');
      more = comma != std::string_view::npos;
      address = parse_hop(more ? hops.substr(comma + 1) : hops);
      if (more) hops = hops.substr(0, comma);
    }
  }
  return address;
}

}  // namespace dispatch
