#pragma once

// One accepted socket, plain or under TLS, as what the server's sessions read and write. Inner header of the
// HTTP server; io thread only. Handlers are not called from inside the call that took them.

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace dispatch::http_connections {

class server_stream {
 public:
  using done = std::function<void(boost::system::error_code)>;
  using received = std::function<void(boost::system::error_code, std::size_t)>;

  virtual ~server_stream() = default;
  virtual void handshake(done handler) = 0;
  virtual void read(char* into, std::size_t room, received handler) = 0;
  /// All of it; `bytes` must stay until the handler is called.
  virtual void write(std::string_view bytes, done handler) = 0;
  /// Nothing more is written; the peer may still be read from.
  virtual void end_writing() = 0;
  virtual void close() = 0;
  virtual boost::asio::any_io_executor executor() = 0;
};

/// The server's certificate and what it agrees to: TLS 1.2 with forward secrecy and authenticated encryption
/// only, and TLS 1.3 (RFC 9325). Any thread.
class tls_server {
 public:
  /// PEM files, the chain with the server's own certificate first. Throws std::invalid_argument saying which
  /// of them cannot be used.
  tls_server(const std::string& certificate_file, const std::string& key_file);
  ~tls_server();

  /// The stream does not need it any more afterwards: OpenSSL counts who uses what is inside.
  std::unique_ptr<server_stream> wrap(boost::asio::ip::tcp::socket socket);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

std::unique_ptr<server_stream> plain_stream(boost::asio::ip::tcp::socket socket);

}  // namespace dispatch::http_connections
