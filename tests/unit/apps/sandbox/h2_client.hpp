#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "apps/sandbox/h2_session.hpp"

// An nghttp2 client wired to an h2_session in memory.
namespace dispatch::sandbox::testing_h2 {

class client {
 public:
  explicit client(h2_session& server) : server_(server) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~client() { nghttp2_session_del(session_); }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  std::int32_t post(std::string_view path, std::string text) {
    const auto field = [](std::string_view name, std::string_view value) {
      return nghttp2_nv{reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
                        value.size(), NGHTTP2_NV_FLAG_NONE};
    };
    const nghttp2_nv fields[] = {field(":method", "POST"), field(":scheme", "https"),
                                 field(":authority", "x"), field(":path", path), field("apns-topic", "t")};
    bodies_.push_back(std::make_unique<outgoing>(outgoing{std::move(text)}));
    nghttp2_data_provider provider{};
    provider.source.ptr = bodies_.back().get();
    provider.read_callback = read_body;
    return nghttp2_submit_request(session_, nullptr, fields, std::size(fields), &provider, nullptr);
  }

  // Until neither side has more to say.
  void exchange_bytes() {
    for (bool moved = true; moved;) {
      moved = false;
      const std::uint8_t* bytes = nullptr;
      for (auto size = nghttp2_session_mem_send(session_, &bytes); size > 0;
           size = nghttp2_session_mem_send(session_, &bytes)) {
        server_.receive({bytes, static_cast<std::size_t>(size)});
        moved = true;
      }
      std::vector<std::uint8_t> from_server;
      server_.send_into(from_server, SIZE_MAX);
      if (!from_server.empty()) {
        nghttp2_session_mem_recv(session_, from_server.data(), from_server.size());
        moved = true;
      }
    }
  }

  std::uint32_t stream_limit() const {
    return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  }

  std::map<std::int32_t, std::string> status, body;
  std::map<std::int32_t, std::uint32_t> closed;  // stream to error code
  std::int32_t goaway_last = -1;

 private:
  struct outgoing {
    std::string text;
    std::size_t sent = 0;
  };

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                       void* self) {
    if (std::string_view(reinterpret_cast<const char*>(name), name_size) == ":status") {
      static_cast<client*>(self)->status[frame->hd.stream_id].assign(reinterpret_cast<const char*>(value),
                                                                     value_size);
    }
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                     std::size_t size, void* self) {
    static_cast<client*>(self)->body[stream].append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    if (frame->hd.type == NGHTTP2_GOAWAY)
      static_cast<client*>(self)->goaway_last = frame->goaway.last_stream_id;
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* self) {
    static_cast<client*>(self)->closed[stream] = error;
    return 0;
  }
  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& from = *static_cast<outgoing*>(source->ptr);
    const auto size = std::min(room, from.text.size() - from.sent);
    from.text.copy(reinterpret_cast<char*>(to), size, from.sent);
    from.sent += size;
    if (from.sent == from.text.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  h2_session& server_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<outgoing>> bodies_;
};

}  // namespace dispatch::sandbox::testing_h2
