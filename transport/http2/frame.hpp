#pragma once

// What HTTP/2 frames are made of (RFC 9113 4 and 6). Internal to transport/http2.

#include <cstddef>
#include <cstdint>
#include <span>

namespace dispatch::http2 {

enum class frame_type : std::uint8_t {
  data = 0,
  headers = 1,
  priority = 2,
  rst_stream = 3,
  settings = 4,
  push_promise = 5,
  ping = 6,
  goaway = 7,
  window_update = 8,
  continuation = 9
};

namespace frame_flag {
constexpr std::uint8_t end_stream = 0x01;
constexpr std::uint8_t ack = 0x01;
constexpr std::uint8_t end_headers = 0x04;
constexpr std::uint8_t padded = 0x08;
constexpr std::uint8_t priority = 0x20;
}  // namespace frame_flag

/// RFC 9113 7.
enum class error_code : std::uint32_t {
  no_error = 0,
  protocol_error = 1,
  flow_control_error = 3,
  stream_closed = 5,
  frame_size_error = 6,
  refused_stream = 7,
  cancel = 8,
  compression_error = 9,
  enhance_your_calm = 11
};

enum class setting : std::uint16_t {
  header_table_size = 1,
  enable_push = 2,
  max_concurrent_streams = 3,
  initial_window_size = 4,
  max_frame_size = 5,
  max_header_list_size = 6
};

constexpr std::size_t frame_header_size = 9;
/// SETTINGS_MAX_FRAME_SIZE as it is unless raised; it cannot be lowered, and neither side of ours raises it.
constexpr std::size_t max_frame_payload = 16'384;
constexpr std::uint32_t default_window = 65'535;
constexpr std::int64_t max_window = 0x7fff'ffff;
constexpr std::uint32_t max_stream_id = 0x7fff'ffff;

struct frame {
  frame_type type{};  ///< may also be one this list does not know
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::span<const std::uint8_t> payload;

  bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
};

}  // namespace dispatch::http2
