#pragma once

// What nghttp2 calls while client_session feeds it. None of these may call mem_recv or mem_send.

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>

namespace dispatch::http2 {

struct exchange;
class client_session;

struct session_callbacks {
  /// Made once, for all sessions.
  static const nghttp2_session_callbacks* table();

  static ssize_t read_body(nghttp2_session* session, std::int32_t stream, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void* user);

 private:
  static int begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t flags, void* user);
  static int data(nghttp2_session* session, std::uint8_t flags, std::int32_t stream,
                  const std::uint8_t* bytes, std::size_t size, void* user);
  static int frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int before_frame_send(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int stream_closed(nghttp2_session* session, std::int32_t stream, std::uint32_t code, void* user);

  static void goaway_received(client_session& self, const nghttp2_goaway& frame);
  static void answer_ended(client_session& self, nghttp2_session* session, std::int32_t stream);
};

}  // namespace dispatch::http2
