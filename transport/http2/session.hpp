#pragma once

// What a connection speaks, without any I/O: bytes in, bytes out. HTTP/2's is client_session, HTTP/1.1's
// is in transport/http1. Requests never queue inside: start() only when room() says so. Not thread safe.
// Internal to the pool.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "transport/http2/exchange.hpp"

namespace dispatch::http2 {

enum class stream_end : std::uint8_t {
  answered,     ///< a whole final answer, or one cut at max_answer_bytes
  refused,      ///< REFUSED_STREAM: not processed (RFC 9113 8.7)
  unprocessed,  ///< above GOAWAY's last stream id
  reset         ///< any other end: outcome unknown
};

struct ended_stream {
  exchange* of;
  stream_end how;
};

class session {
 public:
  using clock = std::chrono::steady_clock;

  session() = default;
  virtual ~session() = default;
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// How many requests may start now.
  virtual std::size_t room() const noexcept = 0;
  /// New requests will be possible again once open ones end.
  virtual bool usable() const noexcept = 0;
  /// Requests started and not ended.
  virtual std::size_t open() const noexcept = 0;
  /// The peer has shown that it speaks the protocol.
  virtual bool settled() const noexcept = 0;
  /// No request will be started any more.
  virtual bool closing() const noexcept = 0;
  /// Nothing more to read or write: close the connection.
  virtual bool finished() const noexcept = 0;
  virtual bool broken() const noexcept = 0;

  /// Needs room() > 0. `x` must stay where it is until it appears in ended() or is cancelled.
  virtual void start(exchange& x) = 0;
  /// Takes it back; `x` will not be touched again.
  virtual void cancel(exchange& x) = 0;
  /// Asks for a sign of life; false when the protocol has no such question.
  virtual bool ping() = 0;
  /// Says that there will be no more requests.
  virtual void goaway() = 0;

  /// False: there is no use in talking on. `now` is what floods are measured by.
  virtual bool receive(std::span<const std::uint8_t> bytes, clock::time_point now) = 0;
  /// The peer will send nothing more. What it ends is in ended().
  virtual void peer_closed() {}
  /// Appends everything that may be sent now.
  virtual void collect(std::string& out) = 0;

  /// What ended since the caller last cleared it.
  std::vector<ended_stream>& ended() noexcept { return ended_; }
  /// Once per GOAWAY: its error code and what of its debug data is printable.
  virtual std::optional<std::string> take_goaway() { return std::nullopt; }
  virtual bool take_ping_ack() noexcept { return false; }
  /// What the peer did wrong; empty when it did nothing wrong.
  const std::string& error() const noexcept { return error_; }

 protected:
  std::vector<ended_stream> ended_;
  std::string error_;
};

}  // namespace dispatch::http2
