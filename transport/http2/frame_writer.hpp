#pragma once

// Frames as bytes, appended to one buffer (RFC 9113 4.1 and 6). Internal to transport/http2.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "transport/http2/frame.hpp"

namespace dispatch::http2 {

/// What a client says first (RFC 9113 3.4), before its SETTINGS.
constexpr std::string_view connection_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

using ping_payload = std::array<std::uint8_t, 8>;

void write_settings(std::string& out, std::initializer_list<std::pair<setting, std::uint32_t>> entries);
void write_settings_ack(std::string& out);
/// `payload`: 8 bytes.
void write_ping(std::string& out, bool ack, std::span<const std::uint8_t> payload);
void write_goaway(std::string& out, std::uint32_t last_stream, error_code why);
void write_rst_stream(std::string& out, std::uint32_t stream, error_code why);
void write_window_update(std::string& out, std::uint32_t stream, std::uint32_t increment);
/// `body`: at most max_frame_payload.
void write_data(std::string& out, std::uint32_t stream, std::string_view body, bool last);

/// The header block is encoded into `out` itself: between the two calls, nothing else is appended.
std::size_t begin_headers(std::string& out);
/// Fills in the frame's header at `begun`; a block too long for one frame goes on in CONTINUATION frames.
void end_headers(std::string& out, std::size_t begun, std::uint32_t stream, bool end_stream);

}  // namespace dispatch::http2
