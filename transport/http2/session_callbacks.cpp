#include "transport/http2/session_callbacks.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "transport/http2/client_session.hpp"

namespace dispatch::http2 {
namespace {

constexpr std::size_t max_debug_data = 160;
// RFC 9113 6.5.2: what an entry of the header list counts besides its text.
constexpr std::size_t header_overhead = 32;

client_session& session_of(void* user) {
  return *static_cast<client_session*>(user);
}

exchange* exchange_of(nghttp2_session* session, std::int32_t stream) {
  return static_cast<exchange*>(nghttp2_session_get_stream_user_data(session, stream));
}

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

int parse_status(std::string_view value) {
  int status = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), status);
  return error == std::errc{} && end == value.data() + value.size() ? status : 0;
}

}  // namespace

const nghttp2_session_callbacks* session_callbacks::table() {
  static const nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* callbacks = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, before_frame_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    return callbacks;
  }();
  return made;
}

ssize_t session_callbacks::read_body(nghttp2_session* session, std::int32_t stream, std::uint8_t* to,
                                     std::size_t room, std::uint32_t* flags, nghttp2_data_source*, void*) {
  auto* x = exchange_of(session, stream);
  // Cancelled: its RST_STREAM is on the way, the body may be gone.
  if (x == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const auto size = std::min(room, x->call.body.size() - x->body_sent);
  std::copy_n(x->call.body.data() + x->body_sent, size, to);
  x->body_sent += size;
  if (x->body_sent == x->call.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

int session_callbacks::begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  if (auto* x = exchange_of(session, frame->hd.stream_id)) {
    x->block_status = 0;
    x->header_bytes = 0;
  }
  return 0;
}

int session_callbacks::header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                              std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                              std::uint8_t, void* user) {
  auto* x = exchange_of(session, frame->hd.stream_id);
  if (x == nullptr) return 0;
  x->header_bytes += name_size + value_size + header_overhead;
  if (x->header_bytes > session_of(user).options_.max_header_bytes)
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const auto key = text(name, name_size);
  const auto content = text(value, value_size);
  if (key == ":status") {
    // Pseudo-headers come first; trailers have none (RFC 9113 8.1), so a block of theirs stays at 0.
    x->block_status = parse_status(content);
    if (x->block_status >= 200) x->status = x->block_status;
  } else if (x->block_status >= 200) {
    if (key == "retry-after") x->retry_after = content;
    if (key == "apns-id") x->apns_id = content;
  }
  return 0;
}

int session_callbacks::data(nghttp2_session* session, std::uint8_t, std::int32_t stream,
                            const std::uint8_t* bytes, std::size_t size, void* user) {
  auto* x = exchange_of(session, stream);
  if (x == nullptr) return 0;
  auto& self = session_of(user);
  const auto room = self.options_.max_answer_bytes - x->answer.size();
  x->answer.append(text(bytes, std::min(room, size)));
  if (size > room) {
    // The rest would be thrown away: end it here, however much more the peer has.
    self.finish(*x, stream_end::answered);
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  }
  return 0;
}

int session_callbacks::frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  auto& self = session_of(user);
  const bool ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
  switch (frame->hd.type) {
    case NGHTTP2_SETTINGS:
      if (!ack) self.settled_ = true;
      break;
    case NGHTTP2_PING:
      if (ack) self.ping_acked_ = true;
      break;
    case NGHTTP2_GOAWAY:
      goaway_received(self, frame->goaway);
      break;
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) answer_ended(self, session, frame->hd.stream_id);
      break;
    default:
      break;
  }
  return 0;
}

void session_callbacks::answer_ended(client_session& self, nghttp2_session* session, std::int32_t stream) {
  auto* x = exchange_of(session, stream);
  if (x == nullptr) return;
  x->complete = true;
  if (x->body_sent == x->call.body.size()) return;  // nghttp2 closes the stream next
  // An early answer (413, say): the peer need not read the rest, and may never let us send it.
  self.finish(*x, x->status != 0 ? stream_end::answered : stream_end::reset);
  nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
}

void session_callbacks::goaway_received(client_session& self, const nghttp2_goaway& frame) {
  self.goaway_received_ = true;
  self.last_processed_ = std::min(self.last_processed_, frame.last_stream_id);
  std::string detail = nghttp2_http2_strerror(frame.error_code);
  auto debug = text(frame.opaque_data, frame.opaque_data == nullptr ? 0 : frame.opaque_data_len);
  debug = debug.substr(0, max_debug_data);
  if (!debug.empty()) detail += ": ";
  for (const char c : debug) detail += c >= 0x20 && c < 0x7f ? c : '?';
  self.goaway_ = std::move(detail);
}

int session_callbacks::before_frame_send(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  if (frame->hd.type == NGHTTP2_HEADERS) {
    if (auto* x = exchange_of(session, frame->hd.stream_id)) x->on_wire = true;
  } else if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
    // nghttp2 ends the connection over what the peer did.
    session_of(user).error_ = nghttp2_http2_strerror(frame->goaway.error_code);
  }
  return 0;
}

int session_callbacks::stream_closed(nghttp2_session* session, std::int32_t stream, std::uint32_t code,
                                     void* user) {
  auto& self = session_of(user);
  --self.open_;
  auto* x = exchange_of(session, stream);
  if (x == nullptr) return 0;
  auto how = stream_end::reset;
  if (x->complete && x->status != 0) {
    how = stream_end::answered;
  } else if (!x->on_wire || (stream > self.last_processed_ && x->status == 0)) {
    how = stream_end::unprocessed;
  } else if (code == NGHTTP2_REFUSED_STREAM && x->status == 0) {
    // With a status the peer did process it, whatever it says now.
    how = stream_end::refused;
  }
  self.ended_.push_back({x, how});
  return 0;
}

}  // namespace dispatch::http2
