#include <algorithm>
#include <cstring>

#include "tests/support/h2_test_server_impl.hpp"

namespace dispatch::test {
namespace {

std::string shown_by(SSL* tls) {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(tls), X509_free);
  char name[256] = {};
  if (shown) X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, sizeof name);
  return name;
}

}  // namespace

namespace {

std::vector<nghttp2_nv> to_nv(const h2_headers& headers) {
  std::vector<nghttp2_nv> out;
  for (const auto& [name, value] : headers)
    out.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                   reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
                   value.size(), NGHTTP2_NV_FLAG_NONE});
  return out;
}

h2_headers with_status(int status, const h2_headers& headers) {
  h2_headers all{{":status", std::to_string(status)}};
  all.insert(all.end(), headers.begin(), headers.end());
  return all;
}

}  // namespace

struct h2_test_server::impl::connection::callbacks {
  static connection& self(void* user) { return *static_cast<connection*>(user); }

  static int begin(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& it = self(user);
    it.streams_[frame->hd.stream_id].request.stream = frame->hd.stream_id;
    const std::lock_guard lock(it.server_.mutex);
    it.server_.seen.most_streams = std::max(it.server_.seen.most_streams, it.streams_.size());
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                    void* user) {
    auto& request = self(user).streams_[frame->hd.stream_id].request;
    const std::string key(reinterpret_cast<const char*>(name), name_size);
    request.headers[key].assign(reinterpret_cast<const char*>(value), value_size);
    if (key == ":path") request.path = request.headers[key];
    return 0;
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                  std::size_t size, void* user) {
    self(user).streams_[stream].request.body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }

  static int received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& it = self(user);
    {
      const std::lock_guard lock(it.server_.mutex);
      if (frame->hd.type == NGHTTP2_RST_STREAM) ++it.server_.seen.resets;
      if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
        ++it.server_.seen.pings;
    }
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    const auto request = it.streams_[frame->hd.stream_id].request;
    {
      const std::lock_guard lock(it.server_.mutex);
      it.server_.seen.ledger.push_back(request);
    }
    if (it.server_.handle) {
      it.server_.handle(it.shared_from_this(), request);
    } else {
      it.answer(request.stream, 200, {}, {});
    }
    return 0;
  }

  static int closed(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
    self(user).streams_.erase(stream);
    return 0;
  }

  static ssize_t read_body(nghttp2_session* session, std::int32_t stream, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) {
    auto& state = self(user).streams_[stream];
    const auto size = std::min(room, state.answer.size() - state.sent);
    if (size == 0 && !state.end) return NGHTTP2_ERR_DEFERRED;
    std::memcpy(to, state.answer.data() + state.sent, size);
    state.sent += size;
    if (state.sent == state.answer.size() && state.end) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!state.trailers.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        const auto fields = to_nv(state.trailers);
        nghttp2_submit_trailer(session, stream, fields.data(), fields.size());
      }
    }
    return static_cast<ssize_t>(size);
  }
};

h2_test_server::impl::connection::connection(impl& server, tcp::socket socket, std::size_t number)
    : server_(server), stream_(std::move(socket), server.tls), number_(number) {}

h2_test_server::impl::connection::~connection() {
  gone();
  nghttp2_session_del(session_);
}

void h2_test_server::impl::connection::start() {
  stream_.next_layer().set_option(tcp::no_delay(true));
  stream_.async_handshake(asio::ssl::stream_base::server,
                          [self = shared_from_this()](const error_code& error) {
                            if (error) return;
                            {
                              const std::lock_guard lock(self->server_.mutex);
                              ++self->server_.seen.open;
                              if (SSL_session_reused(self->stream_.native_handle()) == 1)
                                ++self->server_.seen.resumed;
                              self->server_.seen.clients.push_back(shown_by(self->stream_.native_handle()));
                            }
                            self->counted_ = true;
                            self->open_session();
                            if (self->server_.opened) self->server_.opened(self);
                            self->flush();
                            self->read();
                          });
}

void h2_test_server::impl::connection::gone() {
  if (!std::exchange(counted_, false)) return;
  const std::lock_guard lock(server_.mutex);
  --server_.seen.open;
}

void h2_test_server::impl::connection::open_session() {
  nghttp2_session_callbacks* table = nullptr;
  nghttp2_session_callbacks_new(&table);
  nghttp2_session_callbacks_set_on_begin_headers_callback(table, callbacks::begin);
  nghttp2_session_callbacks_set_on_header_callback(table, callbacks::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, callbacks::data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(table, callbacks::received);
  nghttp2_session_callbacks_set_on_stream_close_callback(table, callbacks::closed);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, server_.options.window_updates ? 0 : 1);
  nghttp2_option_set_stream_reset_rate_limit(option, 1'000'000, 1'000'000);
  nghttp2_session_server_new2(&session_, table, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(table);
  if (!server_.options.send_settings) return;
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, server_.options.max_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(server_.options.stream_window)}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, server_.options.connection_window);
}

void h2_test_server::impl::connection::read() {
  // What is still being written after close() may never end: only reading tells that the peer has gone.
  if (!reading_ || (closing_ && !write_busy_)) return;
  stream_.async_read_some(
      asio::buffer(buffer_), [self = shared_from_this()](const error_code& error, std::size_t size) {
        if (error) {
          error_code ignored;
          self->stream_.next_layer().close(ignored);
          return self->gone();
        }
        if (self->closing_) return self->read();  // nobody wants it any more
        self->in_receive_ = true;
        const auto taken = nghttp2_session_mem_recv(self->session_, self->buffer_.data(), size);
        self->in_receive_ = false;
        if (taken < 0) return self->abort();
        self->flush();
        self->read();
      });
}

void h2_test_server::impl::connection::flush() {
  if (in_receive_ || write_busy_ || !answering_ || session_ == nullptr) return;
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) break;
    writing_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  writing_ += std::exchange(pending_, {});
  if (writing_.empty()) {
    if (!closing_) return;
    error_code ignored;
    stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
    if (!reading_) return;
    stream_.next_layer().close(ignored);  // a read may be under way
    return gone();
  }
  write_busy_ = true;
  asio::async_write(stream_, asio::buffer(writing_),
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      self->write_busy_ = false;
                      self->writing_.clear();
                      if (!error) self->flush();
                    });
}

void h2_test_server::impl::connection::submit(std::int32_t stream, int status, const h2_headers& headers,
                                              std::string body, bool end) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  found->second.answer = std::move(body);
  found->second.end = end;
  const auto all = with_status(status, headers);
  const auto fields = to_nv(all);
  nghttp2_data_provider source{};
  source.read_callback = callbacks::read_body;
  const bool empty = end && found->second.answer.empty();
  nghttp2_submit_response(session_, stream, fields.data(), fields.size(), empty ? nullptr : &source);
  flush();
}

void h2_test_server::impl::connection::answer(std::int32_t stream, int status, h2_headers headers,
                                              std::string body) {
  submit(stream, status, headers, std::move(body), true);
}

void h2_test_server::impl::connection::answer_part(std::int32_t stream, int status, std::string body) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  if (found->second.sent == 0 && found->second.answer.empty())
    return submit(stream, status, {}, std::move(body), false);
  found->second.answer += body;
  nghttp2_session_resume_data(session_, stream);
  flush();
}

void h2_test_server::impl::connection::inform(std::int32_t stream, int status) {
  const auto all = with_status(status, {});
  const auto fields = to_nv(all);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream, nullptr, fields.data(), fields.size(), nullptr);
  flush();
}

void h2_test_server::impl::connection::trailers(std::int32_t stream, h2_headers headers) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  found->second.end = true;
  found->second.trailers = std::move(headers);
  nghttp2_session_resume_data(session_, stream);
  flush();
}

void h2_test_server::impl::connection::reset(std::int32_t stream, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, code);
  flush();
}

void h2_test_server::impl::connection::goaway(std::int32_t last_stream, std::uint32_t code,
                                              std::string debug) {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last_stream, code,
                        reinterpret_cast<const std::uint8_t*>(debug.data()), debug.size());
  flush();
}

void h2_test_server::impl::connection::set_max_streams(std::uint32_t count) {
  const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, count};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
  flush();
}

void h2_test_server::impl::connection::raw(std::string bytes) {
  pending_ += bytes;
  flush();
}

void h2_test_server::impl::connection::close() {
  closing_ = true;
  flush();
}

void h2_test_server::impl::connection::abort() {
  closing_ = true;
  error_code ignored;
  stream_.next_layer().set_option(asio::socket_base::linger(true, 0), ignored);
  stream_.next_layer().close(ignored);
  gone();
}

}  // namespace dispatch::test
