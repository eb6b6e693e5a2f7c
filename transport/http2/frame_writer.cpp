#include "transport/http2/frame_writer.hpp"

#include <algorithm>

namespace dispatch::http2 {
namespace {

void put(char* to, std::uint32_t value, int bytes) noexcept {
  for (int i = bytes - 1; i >= 0; --i, value >>= 8) to[i] = static_cast<char>(value & 0xff);
}

void put_header(char* to, std::size_t length, frame_type type, std::uint8_t flags,
                std::uint32_t stream) noexcept {
  put(to, static_cast<std::uint32_t>(length), 3);
  to[3] = static_cast<char>(type);
  to[4] = static_cast<char>(flags);
  put(to + 5, stream, 4);
}

void write_header(std::string& out, std::size_t length, frame_type type, std::uint8_t flags,
                  std::uint32_t stream) {
  char header[frame_header_size];
  put_header(header, length, type, flags, stream);
  out.append(header, sizeof header);
}

void write_u32(std::string& out, std::uint32_t value) {
  char bytes[4];
  put(bytes, value, 4);
  out.append(bytes, sizeof bytes);
}

}  // namespace

void write_settings(std::string& out, std::initializer_list<std::pair<setting, std::uint32_t>> entries) {
  write_header(out, entries.size() * 6, frame_type::settings, 0, 0);
  for (const auto& [name, value] : entries) {
    char id[2];
    put(id, static_cast<std::uint32_t>(name), 2);
    out.append(id, sizeof id);
    write_u32(out, value);
  }
}

void write_settings_ack(std::string& out) {
  write_header(out, 0, frame_type::settings, frame_flag::ack, 0);
}

void write_ping(std::string& out, bool ack, std::span<const std::uint8_t> payload) {
  write_header(out, payload.size(), frame_type::ping, ack ? frame_flag::ack : std::uint8_t{0}, 0);
  out.append(payload.begin(), payload.end());
}

void write_goaway(std::string& out, std::uint32_t last_stream, error_code why) {
  write_header(out, 8, frame_type::goaway, 0, 0);
  write_u32(out, last_stream);
  write_u32(out, static_cast<std::uint32_t>(why));
}

void write_rst_stream(std::string& out, std::uint32_t stream, error_code why) {
  write_header(out, 4, frame_type::rst_stream, 0, stream);
  write_u32(out, static_cast<std::uint32_t>(why));
}

void write_window_update(std::string& out, std::uint32_t stream, std::uint32_t increment) {
  write_header(out, 4, frame_type::window_update, 0, stream);
  write_u32(out, increment);
}

void write_data(std::string& out, std::uint32_t stream, std::string_view body, bool last) {
  write_header(out, body.size(), frame_type::data, last ? frame_flag::end_stream : std::uint8_t{0}, stream);
  out += body;
}

std::size_t begin_headers(std::string& out) {
  const auto begun = out.size();
  out.append(frame_header_size, '\0');
  return begun;
}

void end_headers(std::string& out, std::size_t begun, std::uint32_t stream, bool end_stream) {
  auto type = frame_type::headers;
  std::uint8_t flags = end_stream ? frame_flag::end_stream : std::uint8_t{0};
  for (auto at = begun;;) {
    const auto left = out.size() - at - frame_header_size;
    const auto length = std::min(left, max_frame_payload);
    if (length == left) flags |= frame_flag::end_headers;
    put_header(out.data() + at, length, type, flags, stream);
    if (length == left) return;
    at += frame_header_size + length;
    out.insert(at, frame_header_size, '\0');
    type = frame_type::continuation;
    flags = 0;
  }
}

}  // namespace dispatch::http2
