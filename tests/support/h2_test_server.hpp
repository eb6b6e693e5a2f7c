#pragma once

// An HTTP/2 server over real TLS that does what a test tells it to, right or wrong, on a thread of its own.
// It keeps a ledger of what arrived.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/test_certificates.hpp"

namespace dispatch::test {

struct h2_request {
  std::int32_t stream = 0;
  std::string path;
  std::map<std::string, std::string> headers;
  std::string body;
};

using h2_headers = std::vector<std::pair<std::string, std::string>>;

/// Server thread only. Stays valid in later tasks of the server (calls after its end do nothing).
class h2_server_connection {
 public:
  virtual ~h2_server_connection() = default;

  virtual std::size_t number() const = 0;  ///< 0 for the first that was accepted
  virtual void answer(std::int32_t stream, int status, h2_headers headers = {}, std::string body = {}) = 0;
  /// Headers and the given part of the body, but no end.
  virtual void answer_part(std::int32_t stream, int status, std::string body = {}) = 0;
  virtual void inform(std::int32_t stream, int status) = 0;  ///< 1xx
  /// Trailers for a stream begun with answer_part(), which they end.
  virtual void trailers(std::int32_t stream, h2_headers headers) = 0;
  virtual void reset(std::int32_t stream, std::uint32_t code) = 0;
  virtual void goaway(std::int32_t last_stream, std::uint32_t code, std::string debug = {}) = 0;
  virtual void set_max_streams(std::uint32_t count) = 0;
  /// Bytes inside TLS that nghttp2 knows nothing of.
  virtual void raw(std::string bytes) = 0;
  virtual void close() = 0;           ///< in order, after what is being written
  virtual void abort() = 0;           ///< TCP reset
  virtual void stop_reading() = 0;    ///< bytes pile up in the kernel
  virtual void stop_answering() = 0;  ///< reads, but writes nothing any more: a peer that hangs
};

struct h2_server_options {
  std::vector<std::string> names{"DNS:localhost", "IP:127.0.0.1"};
  std::string common_name = "test server";
  bool alpn = true;
  int max_tls_version = 0;  ///< OpenSSL's number, 0 = any
  int receive_buffer = 0;   ///< bytes, 0 = the kernel's choice
  std::uint32_t max_streams = 100;
  std::int32_t stream_window = 65'535;
  std::int32_t connection_window = 65'535;
  bool window_updates = true;
  bool send_settings = true;
  bool ask_certificate = false;  ///< of clients; by the server's own authority, and nobody else is let in
};

class h2_test_server {
 public:
  using connection_ptr = std::shared_ptr<h2_server_connection>;
  /// A whole request came. Default: 200 with an empty body.
  using request_handler = std::function<void(const connection_ptr&, const h2_request&)>;
  using connection_handler = std::function<void(const connection_ptr&)>;

  h2_test_server(const certificate_authority& authority, h2_server_options options = {},
                 request_handler on_request = {}, connection_handler on_open = {});
  ~h2_test_server();
  h2_test_server(const h2_test_server&) = delete;
  h2_test_server& operator=(const h2_test_server&) = delete;

  std::uint16_t port() const noexcept;
  /// Runs `task` on the server's thread.
  void post(std::function<void()> task);
  void after(std::chrono::milliseconds delay, std::function<void()> task);
  /// Runs it for every open connection.
  void each(const std::function<void(const connection_ptr&)>& task);
  /// No more listening: new connections are refused. open() undoes it, on the same port.
  void close_listener();
  void open_listener();

  // Any thread.

  std::size_t accepted() const;      ///< TCP connections
  std::size_t open() const;          ///< those past the TLS handshake and not ended
  std::size_t resumed() const;       ///< TLS sessions resumed
  std::size_t most_streams() const;  ///< that were ever open at once on one connection
  std::size_t resets_received() const;
  std::size_t pings_received() const;
  std::vector<std::string> clients() const;  ///< common name of each connection's certificate
  std::vector<h2_request> ledger() const;

  struct impl;

 private:
  std::shared_ptr<impl> impl_;
};

}  // namespace dispatch::test
