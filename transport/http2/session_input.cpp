// What the peer's frames do to a session, one function a type (RFC 9113 6).

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "transport/http2/client_session.hpp"

namespace dispatch::http2 {
namespace {

constexpr std::size_t max_debug_data = 160;
// Of one header block. Its fields are bounded besides, but only what is decoded counts there.
constexpr unsigned max_continuations = 8;

std::string printable(std::span<const std::uint8_t> bytes) {
  std::string out;
  for (const auto c : bytes.first(std::min(bytes.size(), max_debug_data)))
    out += c >= 0x20 && c < 0x7f ? static_cast<char>(c) : '?';
  return out;
}

}  // namespace

bool client_session::receive(std::span<const std::uint8_t> bytes, clock::time_point now) {
  now_ = now;
  frame in;
  while (!failed_ && !broken_) {
    const auto step = reader_.next(bytes, in);
    if (step == frame_reader::step::more) break;
    if (step == frame_reader::step::too_large)
      fail(error_code::frame_size_error, "a frame longer than allowed");
    else
      handle(in);
  }
  return !broken_;
}

void client_session::handle(const frame& in) {
  if (!settled_ && in.type != frame_type::settings)
    return fail(error_code::protocol_error, "the first frame is not SETTINGS");
  if (block_.stream != 0 && in.type != frame_type::continuation)
    return fail(error_code::protocol_error, "a header block is interrupted");
  switch (in.type) {
    case frame_type::data:
      return data_came(in);
    case frame_type::headers:
      return headers_came(in);
    case frame_type::continuation:
      return continuation_came(in);
    case frame_type::rst_stream:
      return rst_stream_came(in);
    case frame_type::settings:
      return settings_came(in);
    case frame_type::ping:
      return ping_came(in);
    case frame_type::goaway:
      return goaway_came(in);
    case frame_type::window_update:
      return window_update_came(in);
    case frame_type::push_promise:
      return fail(error_code::protocol_error, "PUSH_PROMISE, which we forbade");
    default:
      // PRIORITY, which servers do not send, and types still to be invented (4.1).
      return worthless();
  }
}

void client_session::worthless() {
  if (!guard_.allow(now_)) flooded();
}

/// For a stream that is gone.
void client_session::late() {
  if (!guard_.allow_late(now_)) flooded();
}

void client_session::headers_came(const frame& in) {
  if (is_idle(in.stream)) return fail(error_code::protocol_error, "HEADERS for a stream never opened");
  const auto piece = unpadded(in);
  if (!piece) return fail(error_code::protocol_error, "HEADERS with impossible padding");
  block_ = {in.stream, in.has(frame_flag::end_stream), 0};
  if (auto* const s = find(in.stream)) s->head.begin_block();
  header_piece(*piece, in.has(frame_flag::end_headers));
}

void client_session::continuation_came(const frame& in) {
  if (block_.stream == 0 || block_.stream != in.stream)
    return fail(error_code::protocol_error, "CONTINUATION of nothing");
  if (++block_.continuations > max_continuations)
    return fail(error_code::enhance_your_calm, "a header block without end");
  header_piece(in.payload, in.has(frame_flag::end_headers));
}

void client_session::header_piece(std::span<const std::uint8_t> piece, bool last) {
  // Of a stream we have given up, the block is still decoded: HPACK's table is the connection's.
  auto* const s = find(block_.stream);
  std::string_view name;
  std::string_view value;
  auto step = decoder_.next(piece, last, name, value);
  for (; step == header_decoder::step::field; step = decoder_.next(piece, last, name, value))
    if (s != nullptr) s->head.field(name, value, options_.max_header_bytes, *s->of);
  if (step == header_decoder::step::broken)
    return fail(error_code::compression_error, "a header block that cannot be decoded");
  if (step != header_decoder::step::end) return;
  const auto done = std::exchange(block_, {});
  if (s == nullptr) return late();
  block_came(done.stream, *s, done.end_stream);
}

void client_session::block_came(std::uint32_t id, stream& s, bool end_stream) {
  switch (s.head.end_block(end_stream, *s.of)) {
    case answer_head::block::malformed:
      return reset(id, error_code::protocol_error, stream_end::reset);
    case answer_head::block::informational:
      if (std::exchange(s.informed, true)) worthless();
      return;
    case answer_head::block::final:
    case answer_head::block::trailers:
      if (end_stream) answer_ended(id, s);
      return;
  }
}

void client_session::data_came(const frame& in) {
  if (is_idle(in.stream)) return fail(error_code::protocol_error, "DATA for a stream never opened");
  const auto body = unpadded(in);
  if (!body) return fail(error_code::protocol_error, "DATA with impossible padding");
  // Padding counts (6.9.1), and so does what is for streams that are gone.
  if (const auto increment = receiving_.take(in.payload.size())) write_window_update(pending_, 0, increment);
  const bool end_stream = in.has(frame_flag::end_stream);
  auto* const s = find(in.stream);
  if (s == nullptr) return late();
  if (body->empty() && !end_stream) worthless();
  if (!s->head.has_status()) return fail(error_code::protocol_error, "DATA before the headers");
  if (const auto increment = s->receiving.take(in.payload.size()))
    write_window_update(pending_, in.stream, increment);
  body_came(in.stream, *s, *body, end_stream);
}

void client_session::body_came(std::uint32_t id, stream& s, std::span<const std::uint8_t> body,
                               bool end_stream) {
  if (!s.head.body(body.size())) return reset(id, error_code::protocol_error, stream_end::reset);
  auto& answer = s.of->answer;
  const auto room = options_.max_answer_bytes - answer.size();
  const auto taken = body.first(std::min(room, body.size()));
  answer.append(taken.begin(), taken.end());
  // The rest would be thrown away: end it here, however much more the peer has.
  if (body.size() > room) return reset(id, error_code::cancel, stream_end::answered);
  if (end_stream) answer_ended(id, s);
}

void client_session::answer_ended(std::uint32_t id, stream& s) {
  if (!s.head.is_whole()) return reset(id, error_code::protocol_error, stream_end::reset);
  // An early answer (413, say): the peer need not read the rest, and may never let us send it.
  if (!s.all_sent()) return reset(id, error_code::cancel, stream_end::answered);
  finish(id, stream_end::answered);
}

void client_session::settings_came(const frame& in) {
  if (in.stream != 0) return fail(error_code::protocol_error, "SETTINGS of a stream");
  const bool ack = in.has(frame_flag::ack);
  if (!settled_ && ack) return fail(error_code::protocol_error, "the first frame is not SETTINGS");
  if (ack && !in.payload.empty()) return fail(error_code::frame_size_error, "SETTINGS ACK with a payload");
  worthless();
  if (ack) return;
  const std::int64_t window_before = peer_.initial_window;
  const auto wrong = peer_.apply(in.payload);
  if (wrong != error_code::no_error) return fail(wrong, "SETTINGS");
  for (auto& [id, s] : streams_)
    if (!s.sending.widen(peer_.initial_window - window_before))
      return fail(error_code::flow_control_error, "SETTINGS that make a window overflow");
  request_headers_.limit_table(peer_.header_table_size, peer_.least_header_table_size);
  settled_ = true;
  write_settings_ack(pending_);
}

void client_session::ping_came(const frame& in) {
  if (in.stream != 0) return fail(error_code::protocol_error, "PING of a stream");
  if (in.payload.size() != ping_.size()) return fail(error_code::frame_size_error, "PING");
  worthless();
  if (!in.has(frame_flag::ack)) return write_ping(pending_, true, in.payload);
  if (std::equal(ping_.begin(), ping_.end(), in.payload.begin())) ping_acked_ = true;
}

void client_session::goaway_came(const frame& in) {
  if (in.stream != 0) return fail(error_code::protocol_error, "GOAWAY of a stream");
  if (in.payload.size() < 8) return fail(error_code::frame_size_error, "GOAWAY");
  worthless();
  goaway_received_ = true;
  goaway_ = nghttp2_http2_strerror(read_u32(in.payload.subspan(4)));
  if (const auto debug = printable(in.payload.subspan(8)); !debug.empty())
    goaway_->append(": ").append(debug);
  const auto last = read_u32(in.payload) & max_stream_id;
  std::vector<std::uint32_t> above;
  for (const auto& [id, s] : streams_)
    if (id > last) above.push_back(id);
  // The youngest first, so that the caller, who puts each before all that waits, ends with their old order.
  std::sort(above.begin(), above.end(), std::greater<>());
  for (const auto id : above)
    // With a status the peer did process it, whatever it says now.
    finish(id, find(id)->of->status == 0 ? stream_end::unprocessed : stream_end::reset);
}

void client_session::rst_stream_came(const frame& in) {
  if (is_idle(in.stream)) return fail(error_code::protocol_error, "RST_STREAM for a stream never opened");
  if (in.payload.size() != 4) return fail(error_code::frame_size_error, "RST_STREAM");
  auto* const s = find(in.stream);
  if (s == nullptr) return late();
  const bool refused = read_u32(in.payload) == static_cast<std::uint32_t>(error_code::refused_stream);
  finish(in.stream, refused && s->of->status == 0 ? stream_end::refused : stream_end::reset);
}

void client_session::window_update_came(const frame& in) {
  if (in.payload.size() != 4) return fail(error_code::frame_size_error, "WINDOW_UPDATE");
  const std::int64_t increment = read_u32(in.payload) & max_stream_id;
  if (in.stream == 0) {
    if (increment == 0) return fail(error_code::protocol_error, "WINDOW_UPDATE by nothing");
    if (!sending_.widen(increment)) fail(error_code::flow_control_error, "the connection's window overflows");
    return;
  }
  if (is_idle(in.stream)) return fail(error_code::protocol_error, "WINDOW_UPDATE for a stream never opened");
  auto* const s = find(in.stream);
  if (s == nullptr) return late();
  if (increment == 0) return reset(in.stream, error_code::protocol_error, stream_end::reset);
  if (!s->sending.widen(increment)) reset(in.stream, error_code::flow_control_error, stream_end::reset);
}

}  // namespace dispatch::http2
