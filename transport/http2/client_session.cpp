#include "transport/http2/client_session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <utility>

#include "transport/http2/session_callbacks.hpp"

namespace dispatch::http2 {
namespace {

// Answers are small and many: flow control must never be what they wait for.
constexpr std::int32_t stream_window = 1 << 20;
constexpr std::int32_t connection_window = 16 << 20;
// A value this long is an id or a key: indexing it would only push useful entries out of the HPACK table.
constexpr std::size_t unique_value_length = 20;

nghttp2_nv make_nv(std::string_view name, std::string_view value, std::uint8_t flags = 0) {
  nghttp2_nv nv{};
  nv.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  nv.namelen = name.size();
  nv.value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  nv.valuelen = value.size();
  // Both outlive the frame: collect() serialises it right after start().
  nv.flags = static_cast<std::uint8_t>(NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE | flags);
  return nv;
}

nghttp2_session* open_session(client_session* self, std::size_t max_header_bytes) {
  nghttp2_option* option = nullptr;
  if (nghttp2_option_new(&option) != 0) throw std::bad_alloc();
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_outbound_ack(option, 256);
  nghttp2_option_set_max_settings(option, 32);
  nghttp2_option_set_max_continuations(option, 8);
  nghttp2_session* session = nullptr;
  const int failed = nghttp2_session_client_new2(&session, session_callbacks::table(), self, option);
  nghttp2_option_del(option);
  if (failed != 0) throw std::bad_alloc();
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(max_header_bytes)}};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, connection_window);
  return session;
}

}  // namespace

client_session::client_session(session_options options) : options_(std::move(options)) {
  session_ = open_session(this, options_.max_header_bytes);
}

client_session::~client_session() {
  nghttp2_session_del(session_);
}

bool client_session::closing() const noexcept {
  return goaway_received_ || goaway_sent_ || broken_ ||
         nghttp2_session_get_next_stream_id(session_) / 2 >= options_.max_requests ||
         nghttp2_session_check_request_allowed(session_) == 0;
}

bool client_session::usable() const noexcept {
  return settled_ && !closing();
}

std::size_t client_session::room() const noexcept {
  if (!usable()) return 0;
  const std::size_t peer =
      nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  const auto allowed = std::min(options_.max_streams, peer);
  return allowed > open_ ? allowed - open_ : 0;
}

bool client_session::finished() const noexcept {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

void client_session::start(exchange& x) {
  x.begin_attempt();
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, x.call.body.size()).ptr;
  boost::container::small_vector<nghttp2_nv, 32> headers;
  headers.push_back(make_nv(":method", "POST"));
  headers.push_back(make_nv(":scheme", "https"));
  headers.push_back(make_nv(":authority", options_.authority));
  headers.push_back(make_nv(":path", x.call.path));
  if (x.call.shared)
    for (const auto& [name, value] : *x.call.shared) headers.push_back(make_nv(name, value));
  for (const auto& [name, value] : x.call.own) {
    const auto flags = value.size() >= unique_value_length ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
    headers.push_back(make_nv(name, value, static_cast<std::uint8_t>(flags)));
  }
  headers.push_back(make_nv("content-length", {digits, static_cast<std::size_t>(end - digits)}));
  // The digits live on this stack only, so nghttp2 takes a copy of them.
  headers.back().flags = NGHTTP2_NV_FLAG_NO_COPY_NAME;

  nghttp2_data_provider body{};
  body.read_callback = session_callbacks::read_body;
  const auto stream = nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(),
                                             x.call.body.empty() ? nullptr : &body, &x);
  if (stream < 0) {
    fail(stream);
    ended_.push_back({&x, stream_end::unprocessed});
    return;
  }
  x.stream = stream;
  ++open_;
}

void client_session::cancel(exchange& x) {
  nghttp2_session_set_stream_user_data(session_, x.stream, nullptr);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, x.stream, NGHTTP2_CANCEL);
}

void client_session::ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

void client_session::goaway() {
  if (std::exchange(goaway_sent_, true)) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, nullptr, 0);
}

bool client_session::receive(std::span<const std::uint8_t> bytes) {
  if (broken_) return false;
  const auto taken = nghttp2_session_mem_recv(session_, bytes.data(), bytes.size());
  if (taken < 0) fail(static_cast<int>(taken));
  return !broken_;
}

void client_session::collect(std::string& out) {
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) fail(static_cast<int>(size));
    if (size <= 0) return;
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
}

std::optional<std::string> client_session::take_goaway() {
  return std::exchange(goaway_, std::nullopt);
}

bool client_session::take_ping_ack() noexcept {
  return std::exchange(ping_acked_, false);
}

void client_session::finish(exchange& x, stream_end how) {
  nghttp2_session_set_stream_user_data(session_, x.stream, nullptr);
  ended_.push_back({&x, how});
}

void client_session::fail(int code) {
  broken_ = true;
  if (error_.empty()) error_ = nghttp2_strerror(code);
}

}  // namespace dispatch::http2
