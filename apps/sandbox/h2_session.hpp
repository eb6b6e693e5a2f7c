#pragma once

#include <nghttp2/nghttp2.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "apps/sandbox/exchange.hpp"

namespace dispatch::sandbox {

enum class goaway_mode : std::uint8_t { all, half, none };

// An HTTP/2 server session (RFC 9113) of bytes in and bytes out; it knows no socket. One thread.
class h2_session {
 public:
  static constexpr std::size_t max_header_bytes = 32 * 1024;
  static constexpr std::size_t max_body_bytes = 64 * 1024;

  class events {
   public:
    // The request is complete. Within it respond() and reset() may be called.
    virtual void on_request(exchange& with) = 0;
    // The stream is closed for whatever reason; `refused` when our GOAWAY left it out. The exchange is reused
    // after the call.
    virtual void on_stream_gone(exchange& with, bool refused) = 0;

   protected:
    ~events() = default;
  };

  h2_session(events& to, std::uint32_t max_streams, std::atomic<std::int64_t>& open_gauge);
  ~h2_session();
  h2_session(const h2_session&) = delete;
  h2_session& operator=(const h2_session&) = delete;

  // False when the peer broke the protocol beyond repair; what send_into then yields is still worth sending.
  bool receive(std::span<const std::uint8_t> bytes);
  // Appends frames until `out` has some `cap` bytes or there is nothing to send.
  void send_into(std::vector<std::uint8_t>& out, std::size_t cap);

  void respond(exchange& with);
  void reset(exchange& with, std::uint32_t h2_error);
  void limit_streams(std::uint32_t at_most);

  // Call only after send_into left nothing: a stream whose answer is written must not count as open.
  // `half`: the last stream id is that of the lower half of the streams still without an answer.
  void go_away(goaway_mode mode);

  exchange* find(std::int32_t stream_id);
  // Closes what is open, reporting every stream. Nothing but the destructor may follow.
  void abandon();
  // Neither side has anything left to say.
  bool finished() const;

 private:
  struct callbacks;

  exchange& open(std::int32_t stream_id);
  void close(exchange& with);
  void complete(exchange& with);

  events& to_;
  std::atomic<std::int64_t>& open_gauge_;
  nghttp2_session* session_ = nullptr;
  std::vector<exchange*> open_;
  std::vector<std::unique_ptr<exchange>> owned_;
  std::vector<exchange*> spare_;
  std::int32_t refused_above_ = -1;  // set by go_away
};

}  // namespace dispatch::sandbox
