#include "api/address_list.hpp"

#include <charconv>

namespace dispatch {

std::optional<listen_address> listen_address::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // Without brackets it is not clear where an IPv6 address ends and the port begins.
  if (!bracketed && host.find(':') != std::string_view::npos) return std::nullopt;
  const auto address = ip_address::parse(host);
  if (!address || (bracketed && host.find(':') == std::string_view::npos)) return std::nullopt;
  return listen_address{*address, port};
}

}  // namespace dispatch
