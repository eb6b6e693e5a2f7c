#pragma once

#include "apps/sandbox/h2_session.hpp"

namespace dispatch::sandbox {

// nghttp2's callbacks for a server; user data is the h2_session.
struct h2_session::callbacks {
  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t flags, void* self);
  static int data_chunk(nghttp2_session*, std::uint8_t flags, std::int32_t stream_id,
                        const std::uint8_t* data, std::size_t size, void* self);
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int stream_close(nghttp2_session*, std::int32_t stream_id, std::uint32_t error, void* self);
  static ssize_t read_body(nghttp2_session*, std::int32_t stream_id, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void* self);

  static const nghttp2_session_callbacks* table();
};

}  // namespace dispatch::sandbox
