#include "transport/http2/frame_reader.hpp"

#include <algorithm>

namespace dispatch::http2 {
namespace {

constexpr std::size_t priority_fields = 5;

std::size_t payload_length(std::span<const std::uint8_t> header) noexcept {
  return std::size_t{header[0]} << 16 | std::size_t{header[1]} << 8 | header[2];
}

frame parse(std::span<const std::uint8_t> whole) noexcept {
  frame out;
  out.type = static_cast<frame_type>(whole[3]);
  out.flags = whole[4];
  out.stream = read_u32(whole.subspan(5)) & max_stream_id;  // the reserved bit is ignored
  out.payload = whole.subspan(frame_header_size);
  return out;
}

}  // namespace

std::uint32_t read_u32(std::span<const std::uint8_t> from) noexcept {
  return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 | from[3];
}

bool frame_reader::hold(std::span<const std::uint8_t>& input, std::size_t size) {
  if (held_.size() < size) {
    const auto taken = std::min(size - held_.size(), input.size());
    held_.insert(held_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(taken));
    input = input.subspan(taken);
  }
  return held_.size() >= size;
}

frame_reader::step frame_reader::next(std::span<const std::uint8_t>& input, frame& out) {
  if (handed_out_) held_.clear();
  handed_out_ = false;
  if (held_.empty() && input.size() >= frame_header_size) {
    const auto length = payload_length(input);
    if (length > max_frame_payload) return step::too_large;
    if (input.size() >= frame_header_size + length) {
      out = parse(input.first(frame_header_size + length));
      input = input.subspan(frame_header_size + length);
      return step::frame;
    }
  }
  if (!hold(input, frame_header_size)) return step::more;
  const auto length = payload_length(held_);
  if (length > max_frame_payload) return step::too_large;
  if (!hold(input, frame_header_size + length)) return step::more;
  out = parse(held_);
  handed_out_ = true;
  return step::frame;
}

std::optional<std::span<const std::uint8_t>> unpadded(const frame& from) noexcept {
  auto rest = from.payload;
  std::size_t padding = 0;
  if (from.has(frame_flag::padded)) {
    if (rest.empty()) return std::nullopt;
    padding = rest[0];
    rest = rest.subspan(1);
  }
  if (from.type == frame_type::headers && from.has(frame_flag::priority)) {
    if (rest.size() < priority_fields) return std::nullopt;
    rest = rest.subspan(priority_fields);
  }
  if (padding > rest.size()) return std::nullopt;
  return rest.first(rest.size() - padding);
}

}  // namespace dispatch::http2
