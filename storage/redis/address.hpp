#pragma once

// Where a Redis is, from its URL.

#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::redis {

struct address {
  std::string host;
  std::uint16_t port = 6379;
  std::string unix_path;  ///< set: a unix socket, host and port unused
  bool tls = false;
  std::string user;
  std::string password;
  std::int64_t database = 0;

  /// For logs and errors: no credentials.
  std::string name() const;
};

/// redis://[user:password@]host[:port][/db], rediss:// for TLS, unix://[user:password@]/path. A query or a
/// fragment is refused.
/// Throws std::invalid_argument; its text never holds the URL (it may carry a password).
address parse_address(std::string_view url);

}  // namespace dispatch::redis
