#include "apps/sandbox/h2_callbacks.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace dispatch::sandbox {
namespace {

// Where a header goes, or nullptr for one nobody looks at.
std::string* place_of(request& into, std::string_view name) {
  switch (name.size()) {
    case 3:
      return name == "ttl" ? &into.ttl : nullptr;
    case 5:
      return name == ":path" ? &into.path : name == "topic" ? &into.topic : nullptr;
    case 7:
      return name == ":method"   ? &into.method
             : name == "apns-id" ? &into.apns_id
             : name == "urgency" ? &into.urgency
                                 : nullptr;
    case 10:
      return name == "apns-topic"   ? &into.apns_topic
             : name == ":authority" ? &into.authority
             : name == "webhook-id" ? &into.webhook_id
                                    : nullptr;
    case 13:
      return name == "authorization"   ? &into.authorization
             : name == "apns-priority" ? &into.apns_priority
                                       : nullptr;
    case 14:
      return name == "apns-push-type" ? &into.apns_push_type : nullptr;
    case 15:
      return name == "apns-expiration"   ? &into.apns_expiration
             : name == "apns-channel-id" ? &into.apns_channel_id
             : name == "apns-request-id" ? &into.apns_request_id
                                         : nullptr;
    case 16:
      return name == "apns-collapse-id"   ? &into.apns_collapse_id
             : name == "content-encoding" ? &into.content_encoding
                                          : nullptr;
    case 17:
      return name == "webhook-timestamp"   ? &into.webhook_timestamp
             : name == "webhook-signature" ? &into.webhook_signature
                                           : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace

int h2_session::callbacks::begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  auto& made = static_cast<h2_session*>(self)->open(frame->hd.stream_id);
  nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, &made);
  return 0;
}

int h2_session::callbacks::header(nghttp2_session* session, const nghttp2_frame* frame,
                                  const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                                  std::size_t value_size, std::uint8_t, void*) {
  auto* with = static_cast<exchange*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
  if (with == nullptr) return 0;
  with->header_bytes += name_size + value_size;
  // Resets this stream and leaves the connection be.
  if (with->header_bytes > max_header_bytes) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  if (auto* place = place_of(with->req, {reinterpret_cast<const char*>(name), name_size})) {
    place->assign(reinterpret_cast<const char*>(value), value_size);
  }
  return 0;
}

int h2_session::callbacks::data_chunk(nghttp2_session* session, std::uint8_t, std::int32_t stream_id,
                                      const std::uint8_t* data, std::size_t size, void* self) {
  auto* with = static_cast<exchange*>(nghttp2_session_get_stream_user_data(session, stream_id));
  if (with == nullptr) return 0;
  auto& body = with->req.body;
  with->req.body_bytes += size;
  body.append(reinterpret_cast<const char*>(data), std::min(size, max_body_bytes - body.size()));
  if (with->req.body_bytes > 16 * max_body_bytes && with->at == phase::receiving) {
    static_cast<h2_session*>(self)->reset(*with, NGHTTP2_ENHANCE_YOUR_CALM);
  }
  return 0;
}

int h2_session::callbacks::frame(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  auto* with = static_cast<exchange*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
  if (with != nullptr && with->at == phase::receiving) static_cast<h2_session*>(self)->complete(*with);
  return 0;
}

int h2_session::callbacks::stream_close(nghttp2_session* session, std::int32_t stream_id, std::uint32_t,
                                        void* self) {
  auto* with = static_cast<exchange*>(nghttp2_session_get_stream_user_data(session, stream_id));
  if (with == nullptr) return 0;
  nghttp2_session_set_stream_user_data(session, stream_id, nullptr);
  static_cast<h2_session*>(self)->close(*with);
  return 0;
}

ssize_t h2_session::callbacks::read_body(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                                         std::uint32_t* flags, nghttp2_data_source* source, void*) {
  auto& with = *static_cast<exchange*>(source->ptr);
  const auto size = std::min(room, with.ans.body.size() - with.body_sent);
  std::memcpy(to, with.ans.body.data() + with.body_sent, size);
  with.body_sent += size;
  if (with.body_sent == with.ans.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

const nghttp2_session_callbacks* h2_session::callbacks::table() {
  static const nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* fresh = nullptr;
    nghttp2_session_callbacks_new(&fresh);
    nghttp2_session_callbacks_set_on_begin_headers_callback(fresh, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(fresh, header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(fresh, data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(fresh, frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(fresh, stream_close);
    return fresh;
  }();
  return made;
}

}  // namespace dispatch::sandbox
