#pragma once

// The origin a pool talks to (RFC 6454), taken from a configured base URL.

#include <string>
#include <string_view>

namespace dispatch::http2 {

struct endpoint {
  std::string host;       ///< name or address, without the brackets of IPv6
  std::string port;       ///< decimal
  std::string authority;  ///< for :authority; the port only where it is not the scheme's own
  bool is_address = false;
  bool secure = true;  ///< https
};

/// https://host[:port][/], or http:// where `allow_http`; throws std::invalid_argument for anything else.
endpoint parse_endpoint(std::string_view url, bool allow_http = false);

}  // namespace dispatch::http2
