#pragma once

// A TLS connection, or for http:// a plain one, as a pipe of bytes: resolve, connect, handshake, read, write,
// close, each bounded in time. The only place where Asio meets OpenSSL for HTTP. Io thread only.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "transport/http2/endpoint.hpp"
#include "transport/http2/protocol.hpp"

namespace boost::asio {
class io_context;
}

namespace dispatch {
class address_guard;
class name_lookup;
}  // namespace dispatch

namespace dispatch::http2 {

class tls_context;

enum class stream_fault : std::uint8_t {
  refused,   ///< the guard will not have one of the addresses
  shortage,  ///< we could not try: the detail names what we lack
  connect,   ///< no address answered in time
  tls,       ///< handshake, certificate or ALPN
  closed,    ///< the open connection, by the peer and in order
  ended      ///< the open connection, otherwise
};

struct stream_options {
  std::chrono::milliseconds connect_timeout;  ///< name look-up and all addresses together
  std::chrono::milliseconds tls_timeout;
  bool http1 = false;                            ///< HTTP/1.1 will do, too
  std::shared_ptr<name_lookup> names{};          ///< null: Asio's resolver
  std::shared_ptr<const address_guard> guard{};  ///< null: any address
};

class tls_stream {
 public:
  /// Each call may close() or destroy the stream; none comes after that.
  class handler {
   public:
    virtual void on_open(protocol agreed) = 0;
    virtual void on_bytes(std::span<const std::uint8_t> bytes) = 0;
    virtual void on_written() = 0;
    /// The last call, unless close() came first.
    virtual void on_fault(stream_fault fault, const std::string& detail) = 0;

   protected:
    ~handler() = default;
  };

  /// `tls` is not used for a peer that is not secure.
  tls_stream(boost::asio::io_context& context, std::shared_ptr<tls_context> tls, const endpoint& peer,
             stream_options options, handler& owner);
  /// As close().
  ~tls_stream();
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;

  void open();
  /// One at a time, until on_written(). Swaps: `bytes` comes back empty, with the capacity of an earlier one.
  void write(std::string& bytes);
  /// Says goodbye (close_notify) for a fraction of a second on its own, then closes. Not while writing.
  void shutdown();
  void close();

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace dispatch::http2
