#pragma once

// The client's side of one HTTP/1.1 connection (RFC 9112) without any I/O: one request at a time, the next
// when the answer before it is whole. Internal to the pool.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "transport/http1/response_reader.hpp"
#include "transport/http2/session.hpp"

namespace dispatch::http1 {

struct session_options {
  std::string authority;                                  ///< for Host
  std::size_t max_answer_bytes = std::size_t{16} * 1024;  ///< kept of a body
  std::size_t max_header_bytes = std::size_t{32} * 1024;  ///< of one head
};

class client_session final : public http2::session {
 public:
  explicit client_session(session_options options);

  std::size_t room() const noexcept override { return usable() && current_ == nullptr ? 1 : 0; }
  bool usable() const noexcept override { return !closing_ && !broken_; }
  std::size_t open() const noexcept override { return current_ == nullptr ? 0 : 1; }
  /// There is nothing to hear before the first answer.
  bool settled() const noexcept override { return true; }
  bool closing() const noexcept override { return closing_ || broken_; }
  bool finished() const noexcept override { return closing_ && current_ == nullptr && pending_.empty(); }
  bool broken() const noexcept override { return broken_; }

  void start(http2::exchange& x) override;
  /// Its answer may still come, so that the connection is of no use any more.
  void cancel(http2::exchange& x) override;
  bool ping() override { return false; }
  void goaway() override { closing_ = true; }

  bool receive(std::span<const std::uint8_t> bytes, clock::time_point now = {}) override;
  void peer_closed() override;
  void collect(std::string& out) override;

 private:
  void read();
  void answered();
  void fail();

  session_options options_;
  response_reader reader_;
  http2::exchange* current_ = nullptr;
  std::string pending_;  ///< to be sent
  std::string unread_;   ///< the beginning of a head or line
  bool closing_ = false;
  bool broken_ = false;
};

}  // namespace dispatch::http1
