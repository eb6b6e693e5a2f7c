#include "transport/http2/peer_settings.hpp"

#include <algorithm>

#include "transport/http2/frame_reader.hpp"

namespace dispatch::http2 {
namespace {

constexpr std::size_t entry_size = 6;
// There are seven settings; a peer that sends this many entries wants to keep us busy.
constexpr std::size_t max_entries = 32;
constexpr std::uint32_t largest_frame_size = 0xff'ffff;

}  // namespace

error_code peer_settings::apply(std::span<const std::uint8_t> payload) noexcept {
  if (payload.size() % entry_size != 0) return error_code::frame_size_error;
  if (payload.size() / entry_size > max_entries) return error_code::enhance_your_calm;
  least_header_table_size = header_table_size;
  for (; !payload.empty(); payload = payload.subspan(entry_size)) {
    const auto id = static_cast<std::uint16_t>(payload[0] << 8 | payload[1]);
    const auto broken = apply_one(id, read_u32(payload.subspan(2)));
    if (broken != error_code::no_error) return broken;
  }
  return error_code::no_error;
}

error_code peer_settings::apply_one(std::uint16_t id, std::uint32_t value) noexcept {
  switch (static_cast<setting>(id)) {
    case setting::header_table_size:
      header_table_size = value;
      least_header_table_size = std::min(least_header_table_size, value);
      break;
    case setting::enable_push:
      // A server may only say 0 (6.5.2).
      if (value != 0) return error_code::protocol_error;
      break;
    case setting::max_concurrent_streams:
      max_concurrent_streams = value;
      break;
    case setting::initial_window_size:
      if (value > max_window) return error_code::flow_control_error;
      initial_window = value;
      break;
    case setting::max_frame_size:
      if (value < max_frame_payload || value > largest_frame_size) return error_code::protocol_error;
      break;
    default:
      break;
  }
  return error_code::no_error;
}

}  // namespace dispatch::http2
