#pragma once

// What the server said in its SETTINGS (RFC 9113 6.5). Internal to transport/http2.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "transport/http2/frame.hpp"

namespace dispatch::http2 {

struct peer_settings {
  /// The values in force while nothing else was said.
  std::uint32_t header_table_size = 4'096;
  std::uint32_t max_concurrent_streams = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t initial_window = default_window;
  /// The smallest header table size in the payload last applied: what HPACK must shrink to in between.
  std::uint32_t least_header_table_size = 4'096;

  /// A SETTINGS frame's payload. Anything but no_error ends the connection. Settings we do not know are
  /// ignored (6.5.2), and so are those that only permit more than we ever use.
  error_code apply(std::span<const std::uint8_t> payload) noexcept;

 private:
  error_code apply_one(std::uint16_t id, std::uint32_t value) noexcept;
};

}  // namespace dispatch::http2
