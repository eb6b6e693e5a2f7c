#pragma once

// A TCP connection that can become a TLS one on the way (STARTTLS) or be one from the start, as a pipe of
// bytes: resolve, connect over all addresses, handshake, read, write, close, each bounded in time but the
// writes. The only place where Asio meets OpenSSL for SMTP. Io thread only.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "transport/http2/tls_stream.hpp"

namespace dispatch::smtp {

struct stream_timeouts {
  std::chrono::milliseconds connect;  ///< name look-up and all addresses together
  std::chrono::milliseconds tls;
};

class mail_stream {
 public:
  using fault = http2::stream_fault;

  /// Each call may close() or destroy the stream; none comes after that.
  class handler {
   public:
    /// Connected; with TLS from the start, when that is up.
    virtual void on_open() = 0;
    /// The TLS that start_tls() asked for is up.
    virtual void on_secured() = 0;
    virtual void on_bytes(std::string_view bytes) = 0;
    virtual void on_written() = 0;
    /// The last call, unless close() came first.
    virtual void on_fault(fault what, const std::string& detail) = 0;

   protected:
    ~handler() = default;
  };

  mail_stream(boost::asio::io_context& context, std::shared_ptr<http2::tls_context> tls,
              const http2::endpoint& peer, stream_timeouts timeouts, handler& owner);
  /// As close().
  ~mail_stream();
  mail_stream(const mail_stream&) = delete;
  mail_stream& operator=(const mail_stream&) = delete;

  void open(bool tls_at_once);
  /// From on_bytes() only, with nothing being written: reads no more bytes in the clear.
  void start_tls();
  /// One at a time, until on_written(). Swaps: `bytes` comes back empty.
  void write(std::string& bytes);
  void close();

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace dispatch::smtp
