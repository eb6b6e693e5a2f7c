#pragma once

// A connection as a process's settings want it.

#include "storage/redis/connection.hpp"
#include "storage/redis_store.hpp"

namespace dispatch::redis {

/// Throws std::invalid_argument for an unusable URL.
inline connection_options link_options(const redis_options& options) {
  connection_options link;
  link.to = parse_address(options.url);
  if (!options.password.empty()) link.to.password = options.password;
  link.ca_file = options.ca_file;
  link.connect_timeout = options.connect_timeout;
  link.command_timeout = options.command_timeout;
  link.backoff = {options.reconnect_base, options.reconnect_cap};
  return link;
}

}  // namespace dispatch::redis
