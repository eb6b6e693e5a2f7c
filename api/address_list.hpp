#pragma once

// Where a listener of ours is bound.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/ip_address.hpp"

namespace dispatch {

struct listen_address {
  ip_address address;
  std::uint16_t port = 0;

  /// "127.0.0.1:9180", "[::1]:9180", "localhost:9180" (127.0.0.1); port 0 = the operating system picks.
  static std::optional<listen_address> parse(std::string_view text);
};

}  // namespace dispatch
