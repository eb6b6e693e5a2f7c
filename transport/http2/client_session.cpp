#include "transport/http2/client_session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

namespace dispatch::http2 {
namespace {

// Answers are small and many: flow control must never be what they wait for.
constexpr std::uint32_t stream_window = 1 << 20;
constexpr std::uint32_t connection_window = 16 << 20;
// What may still come for a stream that has ended well: a WINDOW_UPDATE, or the reset after an early answer.
constexpr unsigned late_after_end = 1;
// And for one that we end: what the peer sends before it hears of it. Its answer may fill the window.
constexpr unsigned late_after_reset = 4 + stream_window / max_frame_payload;

}  // namespace

client_session::client_session(session_options options)
    : options_(std::move(options)),
      request_headers_(options_.authority, options_.index_path_and_authorization),
      sending_(default_window),
      receiving_(connection_window) {
  // With room to spare, so that the streams' coming and going never makes it rehash.
  streams_.reserve(2 * options_.max_streams);
  pending_ = connection_preface;
  write_settings(pending_,
                 {{setting::enable_push, 0},
                  {setting::initial_window_size, stream_window},
                  {setting::max_header_list_size, static_cast<std::uint32_t>(options_.max_header_bytes)}});
  write_window_update(pending_, 0, connection_window - default_window);
}

bool client_session::closing() const noexcept {
  return goaway_received_ || goaway_sent_ || failed_ || broken_ ||
         next_stream_ / 2 >= options_.max_requests || next_stream_ > max_stream_id;
}

std::size_t client_session::room() const noexcept {
  if (!usable()) return 0;
  const auto allowed = std::min<std::size_t>(options_.max_streams, peer_.max_concurrent_streams);
  return allowed > open() ? allowed - open() : 0;
}

bool client_session::finished() const noexcept {
  if (!pending_.empty()) return false;
  return failed_ || ((goaway_received_ || goaway_sent_) && streams_.empty());
}

void client_session::start(exchange& x) {
  x.begin_attempt();
  const auto id = std::exchange(next_stream_, next_stream_ + 2);
  x.stream = static_cast<std::int32_t>(id);
  const bool no_body = x.call.body.empty();
  const auto begun = begin_headers(pending_);
  request_headers_.encode(x.call, pending_);
  end_headers(pending_, begun, id, no_body);
  x.on_wire = true;
  auto& s = streams_
                .try_emplace(id, stream{&x, send_window(peer_.initial_window), receive_window(stream_window),
                                        answer_head()})
                .first->second;
  if (no_body) return;
  // What the connection's window lets through is for those first that wait for it.
  if (!waiting_bodies_.empty() || !send_body(id, s)) waiting_bodies_.push_back(id);
}

/// As much as both windows allow; true when that was the rest.
bool client_session::send_body(std::uint32_t id, stream& s) {
  const std::string_view body = s.of->call.body;
  while (!s.all_sent()) {
    const auto size =
        std::min({body.size() - s.body_sent, s.sending.left(), sending_.left(), max_frame_payload});
    if (size == 0) return false;
    const auto part = body.substr(s.body_sent, size);
    s.body_sent += size;
    s.sending.take(size);
    sending_.take(size);
    write_data(pending_, id, part, s.all_sent());
  }
  return true;
}

void client_session::send_waiting_bodies() {
  std::erase_if(waiting_bodies_, [this](std::uint32_t id) {
    auto* const s = find(id);
    return s == nullptr || send_body(id, *s);
  });
}

void client_session::cancel(exchange& x) {
  const auto id = static_cast<std::uint32_t>(x.stream);
  if (streams_.erase(id) == 0) return;
  write_rst_stream(pending_, id, error_code::cancel);
  guard_.expect(late_after_reset);
}

bool client_session::ping() {
  for (auto digit = ping_.rbegin(); digit != ping_.rend() && ++*digit == 0; ++digit) {
  }
  write_ping(pending_, false, ping_);
  return true;
}

void client_session::goaway() {
  if (std::exchange(goaway_sent_, true) || failed_) return;
  write_goaway(pending_, 0, error_code::no_error);
}

void client_session::collect(std::string& out) {
  if (!waiting_bodies_.empty() && !failed_) send_waiting_bodies();
  if (out.empty()) {
    std::swap(out, pending_);
    return;
  }
  out += pending_;
  pending_.clear();
}

std::optional<std::string> client_session::take_goaway() {
  return std::exchange(goaway_, std::nullopt);
}

bool client_session::take_ping_ack() noexcept {
  return std::exchange(ping_acked_, false);
}

client_session::stream* client_session::find(std::uint32_t id) noexcept {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

void client_session::finish(std::uint32_t id, stream_end how) {
  const auto found = streams_.find(id);
  ended_.push_back({found->second.of, how});
  streams_.erase(found);
  guard_.expect(late_after_end);
}

void client_session::reset(std::uint32_t id, error_code why, stream_end how) {
  write_rst_stream(pending_, id, why);
  guard_.expect(late_after_reset);
  finish(id, how);
}

void client_session::fail(error_code why, std::string_view what) {
  if (std::exchange(failed_, true)) return;
  error_ = nghttp2_http2_strerror(static_cast<std::uint32_t>(why));
  error_.append(": ").append(what);
  write_goaway(pending_, 0, why);
}

void client_session::flooded() {
  broken_ = true;
  if (error_.empty()) error_ = "flooded with frames of no use";
}

}  // namespace dispatch::http2
