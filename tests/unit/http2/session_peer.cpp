#include "session_peer.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace dispatch::http2::test {
namespace {

session_peer& peer_of(void* user) {
  return *static_cast<session_peer*>(user);
}

int on_header(nghttp2_session*, const nghttp2_frame* f, const std::uint8_t* name, std::size_t name_size,
              const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
  peer_of(user).requests[f->hd.stream_id].headers.emplace(
      std::string(reinterpret_cast<const char*>(name), name_size),
      std::string(reinterpret_cast<const char*>(value), value_size));
  return 0;
}

int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes, std::size_t size,
            void* user) {
  peer_of(user).requests[stream].body.append(reinterpret_cast<const char*>(bytes), size);
  return 0;
}

int on_frame(nghttp2_session*, const nghttp2_frame* f, void* user) {
  auto& peer = peer_of(user);
  if (f->hd.type == NGHTTP2_RST_STREAM) peer.resets.emplace_back(f->hd.stream_id, f->rst_stream.error_code);
  if (f->hd.type == NGHTTP2_GOAWAY) peer.goaway_code = f->goaway.error_code;
  const bool message = f->hd.type == NGHTTP2_HEADERS || f->hd.type == NGHTTP2_DATA;
  if (message && (f->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) peer.requests[f->hd.stream_id].ended = true;
  return 0;
}

ssize_t read_answer(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                    nghttp2_data_source* source, void*) {
  auto& [body, sent] = *static_cast<std::pair<std::string, std::size_t>*>(source->ptr);
  const auto size = std::min(room, body.size() - sent);
  std::memcpy(to, body.data() + sent, size);
  sent += size;
  if (sent == body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

std::vector<nghttp2_nv> to_nv(const fields& list) {
  std::vector<nghttp2_nv> out;
  for (const auto& [name, value] : list)
    out.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                   reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
                   value.size(), NGHTTP2_NV_FLAG_NONE});
  return out;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::string frame(std::uint8_t type, std::uint8_t flags, std::int32_t stream, const std::string& payload) {
  std::string out;
  const auto put = [&out](std::size_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((value >> (8 * i)) & 0xff);
  };
  put(payload.size(), 3);
  put(type, 1);
  put(flags, 1);
  put(static_cast<std::size_t>(stream), 4);
  return out + payload;
}

session_peer::session_peer(std::uint32_t max_streams, std::uint32_t stream_window) {
  nghttp2_session_callbacks* table = nullptr;
  nghttp2_session_callbacks_new(&table);
  nghttp2_session_callbacks_set_on_header_callback(table, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(table, on_frame);
  nghttp2_session_server_new(&session, table, this);
  nghttp2_session_callbacks_del(table);
  const nghttp2_settings_entry entries[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max_streams},
                                            {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window}};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries, 2);
}

session_peer::~session_peer() {
  nghttp2_session_del(session);
}

std::string session_peer::take() {
  std::string out;
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session, &bytes);
    if (size <= 0) return out;
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
}

bool session_peer::settle(client_session& client) {
  for (;;) {
    std::string up;
    client.collect(up);
    if (!up.empty()) nghttp2_session_mem_recv(session, bytes_of(up).data(), up.size());
    const auto down = take();
    if (!down.empty() && !client.receive(bytes_of(down))) return false;
    if (up.empty() && down.empty()) return !client.broken();
  }
}

void session_peer::trickle(client_session& client) {
  const auto down = take();
  for (const char& c : down) client.receive({reinterpret_cast<const std::uint8_t*>(&c), 1});
}

void session_peer::settings(std::uint32_t id, std::uint32_t value) {
  const nghttp2_settings_entry entry{static_cast<std::int32_t>(id), value};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &entry, 1);
}

void session_peer::headers(std::int32_t stream, const fields& list, bool end) {
  const auto nv = to_nv(list);
  nghttp2_submit_headers(session, end ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE, stream, nullptr,
                         nv.data(), nv.size(), nullptr);
}

void session_peer::answer(std::int32_t stream, int status, const std::string& body) {
  bodies_[stream] = {body, 0};
  nghttp2_data_provider source{};
  source.source.ptr = &bodies_[stream];
  source.read_callback = read_answer;
  const fields list{{":status", std::to_string(status)}};
  const auto nv = to_nv(list);
  nghttp2_submit_response(session, stream, nv.data(), nv.size(), body.empty() ? nullptr : &source);
}

void session_peer::rst(std::int32_t stream, std::uint32_t code) {
  nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, code);
}

void session_peer::goaway(std::int32_t last, std::uint32_t code, const std::string& debug) {
  nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE, last, code,
                        reinterpret_cast<const std::uint8_t*>(debug.data()), debug.size());
}

}  // namespace dispatch::http2::test
