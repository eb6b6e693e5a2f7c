#include "transport/http2/connection.hpp"

#include <algorithm>
#include <utility>

#include "transport/http1/client_session.hpp"
#include "transport/http2/client_session.hpp"

namespace dispatch::http2 {
namespace {

// Four TLS records: measured as the knee for coalesced writes.
constexpr std::size_t write_size = std::size_t{64} * 1024;
// A peer that refuses this many streams and answers none in between is left alone for a while.
constexpr unsigned refusals_before_pause = 16;
constexpr std::chrono::milliseconds pause_base{10};
constexpr std::chrono::milliseconds pause_cap{1'000};

std::unique_ptr<session> make_session(protocol agreed, const session_options& options) {
  if (agreed == protocol::http2) return std::make_unique<client_session>(options);
  return std::make_unique<http1::client_session>(
      http1::session_options{options.authority, options.max_answer_bytes, options.max_header_bytes});
}

}  // namespace

connection::connection(boost::asio::io_context& context, std::shared_ptr<tls_context> tls,
                       const endpoint& peer, connection_options options, owner& pool)
    : options_(std::move(options)),
      owner_(pool),
      stream_(context, std::move(tls), peer, options_.stream, *this) {}

void connection::open() {
  stream_.open();
}

std::size_t connection::room(clock::time_point now) const noexcept {
  if (phase_ != phase::ready || retired_ || now < paused_until_) return 0;
  return session_->room();
}

bool connection::accepts(clock::time_point now) const noexcept {
  return !writing_ && out_.size() < write_size && room(now) != 0;
}

void connection::start(exchange_list& from, exchange& x, clock::time_point now) {
  exchanges_.splice(exchanges_.end(), from, x.self);
  x.via = this;
  x.sent_at = now;
  session_->start(x);
  session_->collect(out_);
}

void connection::flush(clock::time_point now) {
  if (phase_ == phase::closed || writing_ || !stream_is_open()) return;
  const bool leaving = retired_ || session_->closing();
  if (leaving && phase_ == phase::ready && session_->open() == 0) session_->goaway();
  session_->collect(out_);
  report_ended();
  if (!out_.empty()) {
    writing_ = true;
    write_began_ = now;
    stream_.write(out_);
    return;
  }
  close_if_over();
}

bool connection::close_if_over() {
  if (!session_->broken() && !session_->finished()) return false;
  const auto& error = session_->error();
  if (error.empty()) {
    if (writing_) {
      stream_.close();
    } else {
      stream_.shutdown();
    }
    closed(close_reason::orderly, "done");
  } else {
    stream_.close();
    closed(phase_ == phase::opening ? close_reason::tls_failed : close_reason::lost,
           "protocol error: " + error);
  }
  return true;
}

void connection::tick(clock::time_point now) {
  if (phase_ == phase::closed) return;
  if (writing_ && now - write_began_ > options_.write_timeout) {
    stream_.close();
    return closed(close_reason::lost, "the peer does not read");
  }
  if (phase_ == phase::opening) {
    if (!stream_is_open() || now - opened_at_ <= options_.stream.tls_timeout) return;
    stream_.close();
    return closed(close_reason::tls_failed, "no SETTINGS from the peer");
  }
  if (pinging_) {
    if (now - pinged_at_ <= options_.ping_timeout) return;
    stream_.close();
    return closed(close_reason::lost, "no answer to PING");
  }
  if (session_->open() == 0 || now - heard_at_ < options_.ping_after) return;
  if (!session_->ping()) return;
  pinging_ = true;
  pinged_at_ = now;
  flush(now);
}

void connection::abandon() {
  phase_ = phase::closed;
  stream_.close();
}

void connection::on_open(protocol agreed) {
  session_ = make_session(agreed, options_.session);
  opened_at_ = clock::now();
  settle(opened_at_);
  flush(opened_at_);
}

void connection::settle(clock::time_point now) {
  if (phase_ != phase::opening || !session_->settled()) return;
  phase_ = phase::ready;
  idle_since_ = now;
  owner_.connection_ready(*this);
}

void connection::on_bytes(std::span<const std::uint8_t> bytes) {
  const auto now = clock::now();
  heard_at_ = now;
  session_->receive(bytes, now);
  if (session_->take_ping_ack()) pinging_ = false;
  settle(now);
  report_ended();
  const auto goaway = session_->take_goaway();
  // An orderly server says it twice, the first time as a warning (RFC 9113 6.8).
  if (goaway && !std::exchange(parting_, true)) owner_.connection_goaway(*this, *goaway);
  // Any other violation has left a GOAWAY for the next flush.
  if (session_->broken()) {
    close_if_over();
    return;
  }
  owner_.wake();
}

void connection::on_written() {
  writing_ = false;
  if (close_if_over()) return;
  owner_.wake();
}

void connection::on_fault(stream_fault fault, const std::string& detail) {
  writing_ = false;
  if (fault == stream_fault::refused) return closed(close_reason::address_refused, detail);
  if (fault == stream_fault::shortage) return closed(close_reason::shortage, detail);
  if (fault == stream_fault::connect) return closed(close_reason::connect_failed, detail);
  if (fault == stream_fault::tls || phase_ == phase::opening) return closed(close_reason::tls_failed, detail);
  if (fault == stream_fault::closed) session_->peer_closed();
  report_ended();
  // After GOAWAY, or with nothing open, an end is how a server says goodbye; a TCP reset as well, which is
  // what the kernel makes of it when some of our bytes were still on the way.
  const bool goodbye = exchanges_.empty() && (session_->closing() || answers_ != 0);
  closed(goodbye ? close_reason::orderly : close_reason::lost, detail);
}

void connection::report_ended() {
  auto& ended = session_->ended();
  if (ended.empty()) return;
  for (const auto& [x, how] : ended) {
    note_end(how);
    owner_.stream_ended(*this, *x, how);
  }
  ended.clear();
  if (exchanges_.empty()) idle_since_ = clock::now();
}

void connection::note_end(stream_end how) {
  if (how == stream_end::answered) {
    ++answers_;
    refused_in_a_row_ = 0;
    paused_until_ = {};
  } else if (how == stream_end::refused && ++refused_in_a_row_ % refusals_before_pause == 0) {
    const auto doublings = std::min(refused_in_a_row_ / refusals_before_pause - 1, 10U);
    const auto pause = std::min<std::chrono::milliseconds>(pause_base * (1 << doublings), pause_cap);
    paused_until_ = clock::now() + pause;
  }
}

void connection::closed(close_reason why, const std::string& detail) {
  if (std::exchange(phase_, phase::closed) == phase::closed) return;
  owner_.connection_closed(*this, why, detail);
  owner_.wake();
}

}  // namespace dispatch::http2
