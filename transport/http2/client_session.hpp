#pragma once

// The client's side of one HTTP/2 connection (RFC 9113) without any I/O: bytes in, bytes out, nghttp2 in
// between. Requests never queue inside nghttp2: start() only when room() says so. Not thread safe.
// Internal to transport/http2.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "transport/http2/exchange.hpp"

struct nghttp2_session;

namespace dispatch::http2 {

struct session_options {
  std::string authority;
  std::size_t max_streams = 100;
  std::size_t max_answer_bytes = std::size_t{16} * 1024;
  std::size_t max_header_bytes =
      std::size_t{32} * 1024;  ///< of one answer, names and values (RFC 9113 6.5.2 counts 32 more each)
  std::uint32_t max_requests = 500'000'000;  ///< then rotate: stream ids end at 2^31 (RFC 9113 5.1.1)
};

enum class stream_end : std::uint8_t {
  answered,     ///< a whole final answer, or one cut at max_answer_bytes
  refused,      ///< REFUSED_STREAM: not processed (RFC 9113 8.7)
  unprocessed,  ///< above GOAWAY's last stream id, or its HEADERS never left
  reset         ///< any other end: outcome unknown
};

struct ended_stream {
  exchange* of;
  stream_end how;
};

class client_session {
 public:
  explicit client_session(session_options options);
  ~client_session();
  client_session(const client_session&) = delete;
  client_session& operator=(const client_session&) = delete;

  /// How many requests may start now. 0 before the peer's first SETTINGS and after GOAWAY.
  std::size_t room() const noexcept;
  /// The peer's SETTINGS came and new streams will be possible again once open ones end.
  bool usable() const noexcept;
  std::size_t open() const noexcept { return open_; }
  bool settled() const noexcept { return settled_; }
  /// GOAWAY came, ids ran out, or goaway() was called.
  bool closing() const noexcept;
  /// Nothing more to read or write: close the connection.
  bool finished() const noexcept;
  bool broken() const noexcept { return broken_; }

  /// Opens a stream; needs room() > 0 and a collect() right after it. `x` must stay where it is until it
  /// appears in ended() or is cancelled.
  void start(exchange& x);
  /// RST_STREAM CANCEL; `x` will not be touched again.
  void cancel(exchange& x);
  void ping();
  void goaway();

  /// False: the peer broke the protocol or a limit; what collect() still yields (GOAWAY) may be sent.
  bool receive(std::span<const std::uint8_t> bytes);
  /// Appends everything that may be sent now; bounded by the bodies of open streams.
  void collect(std::string& out);

  /// What ended since the caller last cleared it.
  std::vector<ended_stream>& ended() noexcept { return ended_; }
  /// Once per GOAWAY: its error code and what of its debug data is printable.
  std::optional<std::string> take_goaway();
  bool take_ping_ack() noexcept;
  const std::string& error() const noexcept { return error_; }

 private:
  friend struct session_callbacks;

  void finish(exchange& x, stream_end how);
  void fail(int code);

  session_options options_;
  nghttp2_session* session_ = nullptr;
  std::size_t open_ = 0;
  bool settled_ = false;
  bool goaway_received_ = false;
  bool goaway_sent_ = false;
  bool broken_ = false;
  bool ping_acked_ = false;
  std::int32_t last_processed_ = INT32_MAX;
  std::optional<std::string> goaway_;
  std::vector<ended_stream> ended_;
  std::string error_;
};

}  // namespace dispatch::http2
