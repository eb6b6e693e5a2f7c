#pragma once

// The origin a pool talks to (RFC 6454), taken from a configured base URL.

#include <string>
#include <string_view>

namespace dispatch::http2 {

struct endpoint {
  std::string host;       ///< name or address, without the brackets of IPv6
  std::string port;       ///< decimal
  std::string authority;  ///< for :authority; the port only where it is not 443
  bool is_address = false;
};

/// https://host[:port][/]; throws std::invalid_argument for anything else.
endpoint parse_endpoint(std::string_view url);

}  // namespace dispatch::http2
