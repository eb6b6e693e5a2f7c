#pragma once

// The client's side of one HTTP/2 connection (RFC 9113) without any I/O: bytes in, bytes out. What the peer
// sends goes through frame_reader to the handlers in session_input.cpp; what is to be sent is put, frame
// behind frame, into one buffer. Internal to transport/http2.

#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http2/answer_head.hpp"
#include "transport/http2/exchange.hpp"
#include "transport/http2/flood_guard.hpp"
#include "transport/http2/flow_window.hpp"
#include "transport/http2/frame_reader.hpp"
#include "transport/http2/frame_writer.hpp"
#include "transport/http2/header_decoder.hpp"
#include "transport/http2/peer_settings.hpp"
#include "transport/http2/request_headers.hpp"
#include "transport/http2/session.hpp"

namespace dispatch::http2 {

struct session_options {
  std::string authority;
  std::size_t max_streams = 100;
  std::size_t max_answer_bytes = std::size_t{16} * 1024;
  std::size_t max_header_bytes =
      std::size_t{32} * 1024;  ///< of one answer, names and values (RFC 9113 6.5.2 counts 32 more each)
  std::uint32_t max_requests = 500'000'000;  ///< then rotate: stream ids end at 2^31 (RFC 9113 5.1.1)
  bool index_path_and_authorization = true;  ///< as in pool_options
};

class client_session final : public session {
 public:
  explicit client_session(session_options options);

  /// 0 before the peer's first SETTINGS and after GOAWAY.
  std::size_t room() const noexcept override;
  bool usable() const noexcept override { return settled_ && !closing(); }
  std::size_t open() const noexcept override { return streams_.size(); }
  bool settled() const noexcept override { return settled_; }
  /// GOAWAY came, ids ran out, or goaway() was called.
  bool closing() const noexcept override;
  bool finished() const noexcept override;
  bool broken() const noexcept override { return broken_; }

  void start(exchange& x) override;
  /// RST_STREAM CANCEL.
  void cancel(exchange& x) override;
  bool ping() override;
  void goaway() override;

  /// False: the peer floods us. A peer that breaks the protocol otherwise leaves a GOAWAY for collect(), then
  /// finished() is true and error() says why.
  bool receive(std::span<const std::uint8_t> bytes, clock::time_point now = {}) override;
  /// Bounded by the bodies of open streams.
  void collect(std::string& out) override;

  std::optional<std::string> take_goaway() override;
  bool take_ping_ack() noexcept override;

 private:
  /// A stream is open from its HEADERS to the end of its answer or a reset by either side. There is no
  /// half-closed (remote): an answer that ends before the request is cut short by us.
  struct stream {
    exchange* of;
    send_window sending;
    receive_window receiving;
    answer_head head;
    std::size_t body_sent = 0;
    bool informed = false;  ///< a 1xx came; more than one is of no use

    bool all_sent() const noexcept { return body_sent == of->call.body.size(); }
  };

  /// The header block whose CONTINUATION is awaited.
  struct open_block {
    std::uint32_t stream = 0;  ///< 0 = none
    bool end_stream = false;
    unsigned continuations = 0;
  };

  // Sending: client_session.cpp.
  bool send_body(std::uint32_t id, stream& s);
  void send_waiting_bodies();
  void finish(std::uint32_t id, stream_end how);
  void reset(std::uint32_t id, error_code why, stream_end how);
  void fail(error_code why, std::string_view what);
  void flooded();

  // Receiving: session_input.cpp.
  void handle(const frame& in);
  void headers_came(const frame& in);
  void continuation_came(const frame& in);
  void header_piece(std::span<const std::uint8_t> piece, bool last);
  void block_came(std::uint32_t id, stream& s, bool end_stream);
  void data_came(const frame& in);
  void body_came(std::uint32_t id, stream& s, std::span<const std::uint8_t> body, bool end_stream);
  void answer_ended(std::uint32_t id, stream& s);
  void settings_came(const frame& in);
  void ping_came(const frame& in);
  void goaway_came(const frame& in);
  void rst_stream_came(const frame& in);
  void window_update_came(const frame& in);
  void worthless();
  void late();
  bool is_idle(std::uint32_t id) const noexcept { return id % 2 == 0 || id >= next_stream_; }
  stream* find(std::uint32_t id) noexcept;

  session_options options_;
  peer_settings peer_;
  request_headers request_headers_;
  header_decoder decoder_;
  frame_reader reader_;
  flood_guard guard_;
  send_window sending_;
  receive_window receiving_;
  boost::unordered_flat_map<std::uint32_t, stream> streams_;
  std::vector<std::uint32_t> waiting_bodies_;  ///< streams whose body a window stops, the oldest first
  std::uint32_t next_stream_ = 1;
  open_block block_;
  std::string pending_;
  ping_payload ping_{};  ///< of the latest; a counter
  clock::time_point now_{};

  bool settled_ = false;
  bool goaway_received_ = false;
  bool goaway_sent_ = false;
  bool failed_ = false;  ///< the peer broke the protocol: our GOAWAY is the last word
  bool broken_ = false;
  bool ping_acked_ = false;
  std::optional<std::string> goaway_;
};

}  // namespace dispatch::http2
