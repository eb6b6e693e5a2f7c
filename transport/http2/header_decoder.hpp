#pragma once

// The peer's header blocks, decoded piece by piece as their frames come, so that nothing has to be collected
// (nghttp2's HPACK decoder, RFC 7541). Internal to transport/http2.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct nghttp2_hd_inflater;

namespace dispatch::http2 {

class header_decoder {
 public:
  enum class step : std::uint8_t {
    field,  ///< `name` and `value` are one, good until the next call
    more,   ///< the piece is used up, the block not at its end
    end,    ///< of the block
    broken  ///< COMPRESSION_ERROR: the connection cannot go on
  };

  header_decoder();

  /// Takes from the front of `piece`, one frame's part of a block; `last`: END_HEADERS.
  step next(std::span<const std::uint8_t>& piece, bool last, std::string_view& name, std::string_view& value);

 private:
  struct release {
    void operator()(nghttp2_hd_inflater* inflater) const noexcept;
  };

  std::unique_ptr<nghttp2_hd_inflater, release> inflater_;
};

}  // namespace dispatch::http2
