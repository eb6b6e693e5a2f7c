#pragma once

// A small HTTP/1.1 server (RFC 9112) with a limit on everything: headers, bodies, connections and every
// wait. Answers 400, 413, 417, 431, 503, 505 itself; all else is the handler's. No TLS: it stands on
// loopback or behind a proxy.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "transport/http/message.hpp"

namespace dispatch {

class io_thread;

struct http_server_options {
  std::string address = "127.0.0.1";  ///< no names
  std::uint16_t port = 0;             ///< 0: the operating system picks
  std::size_t header_limit = 16 * 1024;
  std::size_t body_limit = 1 << 20;
  std::size_t max_connections = 256;
  std::chrono::milliseconds header_timeout{10'000};  ///< for a whole header, from its first byte
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};  ///< between requests
  std::chrono::milliseconds stop_grace{2'000};     ///< for what is being answered when stop() is called
};

/// Answers the request once, from any thread; later calls are ignored. Dropped unused: 503.
using http_reply = std::function<void(http_response)>;

/// Runs on the server's thread and holds it up: for answers that are at hand. An exception becomes 503.
using http_handler = std::function<http_response(const http_request&)>;
/// Runs on the server's thread; the answer may come later. The connection waits for it.
using http_async_handler = std::function<void(http_request&&, http_reply)>;

class http_server {
 public:
  /// Listens at once. Throws std::runtime_error naming the address when that is not possible.
  http_server(io_thread& thread, http_server_options options, http_handler handler);
  http_server(io_thread& thread, http_server_options options, http_async_handler handler);
  /// Calls stop(). The thread must still run.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  std::uint16_t port() const noexcept;
  /// No new connections, idle ones closed, what is being answered gets the grace; then all are closed.
  /// Blocks until then. Any thread but the server's.
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch
