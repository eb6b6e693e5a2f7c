#pragma once

// Cuts the peer's bytes, however they are sliced, into frames (RFC 9113 4.1). A frame that lies whole in the
// input is handed out without being copied. Internal to transport/http2.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "transport/http2/frame.hpp"

namespace dispatch::http2 {

class frame_reader {
 public:
  enum class step : std::uint8_t {
    frame,     ///< `out` is one; its payload is good until the next call and as long as the input is
    more,      ///< the input is used up
    too_large  ///< FRAME_SIZE_ERROR: longer than we allow
  };

  /// Takes from the front of `input`.
  step next(std::span<const std::uint8_t>& input, frame& out);

 private:
  /// Brings `held_` up to `size` bytes; false when the input does not have them.
  bool hold(std::span<const std::uint8_t>& input, std::size_t size);

  std::vector<std::uint8_t> held_;  ///< of one frame at most
  bool handed_out_ = false;         ///< held_ was given to the caller, who is done with it now
};

/// The payload without padding and, of HEADERS, without the priority fields (RFC 9113 6.1, 6.2). Empty
/// optional: the padding is longer than what there is (PROTOCOL_ERROR).
std::optional<std::span<const std::uint8_t>> unpadded(const frame& from) noexcept;

std::uint32_t read_u32(std::span<const std::uint8_t> from) noexcept;

}  // namespace dispatch::http2
