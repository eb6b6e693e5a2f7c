#pragma once

// One connection of a pool, speaking what the handshake has agreed upon: the session's bytes over the stream,
// written in as few pieces as possible, and the watch over a peer that falls silent. Io thread only. Internal
// to transport/http2.

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "transport/http2/client_session.hpp"
#include "transport/http2/exchange.hpp"
#include "transport/http2/tls_stream.hpp"

namespace dispatch::http2 {

struct connection_options {
  session_options session;
  stream_options stream;
  std::chrono::milliseconds ping_after;
  std::chrono::milliseconds ping_timeout;
  std::chrono::milliseconds write_timeout;
};

class connection final : private tls_stream::handler {
 public:
  using clock = std::chrono::steady_clock;

  /// opening -> ready (the peer's SETTINGS came) -> closed. Retired and GOAWAY are marks on a ready one.
  enum class phase : std::uint8_t { opening, ready, closed };
  enum class close_reason : std::uint8_t {
    address_refused,  ///< by the guard
    shortage,         ///< we could not try; the detail names what we lack
    connect_failed,
    tls_failed,  ///< also what speaks TLS but no HTTP/2: it never got as far as SETTINGS
    lost,
    orderly
  };

  /// The pool. May not destroy the connection inside a call.
  class owner {
   public:
    virtual void connection_ready(connection& from) = 0;
    virtual void connection_goaway(connection& from, const std::string& detail) = 0;
    /// `x` is still in exchanges().
    virtual void stream_ended(connection& from, exchange& x, stream_end how) = 0;
    /// Once; what is left in exchanges() was not answered.
    virtual void connection_closed(connection& from, close_reason why, const std::string& detail) = 0;
    /// Something changed that a turn of the pool should look at.
    virtual void wake() = 0;

   protected:
    ~owner() = default;
  };

  connection(boost::asio::io_context& context, std::shared_ptr<tls_context> tls, const endpoint& peer,
             connection_options options, owner& pool);

  void open();
  /// At once and without a word to the pool.
  void abandon();

  phase state() const noexcept { return phase_; }
  bool retired() const noexcept { return retired_; }
  /// Ready and will take requests again even if it has no room now.
  bool usable() const noexcept { return phase_ == phase::ready && !retired_ && session_->usable(); }
  /// Streams that may be opened, whether or not a write is under way.
  std::size_t room(clock::time_point now) const noexcept;
  /// As room(), and what is started goes out with the next flush().
  bool accepts(clock::time_point now) const noexcept;
  std::size_t load() const noexcept { return session_ ? session_->open() : 0; }
  std::uint64_t answers() const noexcept { return answers_; }
  exchange_list& exchanges() noexcept { return exchanges_; }
  /// When the last bytes came.
  clock::time_point heard_at() const noexcept { return heard_at_; }
  /// When the last stream ended.
  clock::time_point idle_since() const noexcept { return idle_since_; }

  /// Takes `x` out of `from` and opens a stream for it; accepts() must be true.
  void start(exchange_list& from, exchange& x, clock::time_point now);
  /// The caller takes `x` away.
  void cancel(exchange& x) { session_->cancel(x); }
  /// Writes what the session has, if no write is under way; says goodbye when retired and empty.
  void flush(clock::time_point now);
  /// Opens no more streams, closes after the last.
  void retire() noexcept { retired_ = true; }
  /// Silence, stalled writes, missing SETTINGS; a few dozen times a second while there is work.
  void tick(clock::time_point now);

 private:
  void on_open(protocol agreed) override;
  void on_bytes(std::span<const std::uint8_t> bytes) override;
  void on_written() override;
  void on_fault(stream_fault fault, const std::string& detail) override;

  bool stream_is_open() const noexcept { return session_ != nullptr; }
  void settle(clock::time_point now);
  void report_ended();
  void note_end(stream_end how);
  bool close_if_over();
  void closed(close_reason why, const std::string& detail);

  connection_options options_;
  owner& owner_;
  std::unique_ptr<session> session_;  ///< once the stream is open
  tls_stream stream_;
  exchange_list exchanges_;
  std::string out_;
  phase phase_ = phase::opening;
  bool writing_ = false;
  bool retired_ = false;
  bool pinging_ = false;
  bool parting_ = false;  ///< GOAWAY came
  std::uint64_t answers_ = 0;
  unsigned refused_in_a_row_ = 0;
  clock::time_point paused_until_{};
  clock::time_point opened_at_{};
  clock::time_point heard_at_{};
  clock::time_point pinged_at_{};
  clock::time_point write_began_{};
  clock::time_point idle_since_{};
};

}  // namespace dispatch::http2
