#pragma once

// An HTTP/1.1 server (RFC 9112), plain or under TLS, with a limit on everything: heads, bodies, connections,
// requests at once and every wait. Requests of one connection are handled as they come in and answered in
// their order. Answers 400, 408, 413, 417, 431, 503 and 505 itself; all else is the handler's.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "transport/http/message.hpp"

namespace dispatch {

class io_thread;

namespace http_connections {
class tls_server;
}
/// A certificate with its key, read and found to belong together.
using server_certificate = std::shared_ptr<http_connections::tls_server>;

/// PEM files, the chain with the server's own certificate first. Any thread. Throws std::invalid_argument
/// saying which of them cannot be used.
server_certificate read_server_certificate(const std::string& certificate_file, const std::string& key_file);

/// What a request's head alone says of it, before there is any room for its body.
struct head_verdict {
  /// Its body is of no use: the handler is to answer now. A body that is not at hand is not read, and the
  /// connection ends.
  bool refused = false;
  bool proven = false;   ///< its credential is good; false: none yet, or only its body can show it
  std::string owner{};   ///< whose share of the bodies it takes; empty: its address's
  std::string client{};  ///< behind a proxy: whose address it has; empty: the connection's
  std::shared_ptr<const void> known{};  ///< handed on with the request
};
/// Runs on the server's thread, once a request. It has no body yet.
using http_head_check = std::function<head_verdict(const http_request& head)>;

struct http_server_options {
  std::string address = "127.0.0.1";  ///< no names
  std::uint16_t port = 0;             ///< 0: the operating system picks
  /// PEM files; both or neither. Neither: no TLS.
  std::string certificate_file{}, key_file{};
  std::size_t header_limit = 16 * 1024;
  std::size_t header_count = 100;
  std::size_t body_limit = 1 << 20;
  /// Of all bodies that are being read or answered; beyond it 503. Without it connections × body_limit could
  /// be filled by clients that take their time. With `screen` a quarter is for what is not proven; one owner
  /// has at most half of a part, and whoever holds the most gives way to others.
  std::size_t bodies_limit = 32 << 20;
  /// Of all answers that clients have not taken yet; beyond it who has one to take is not read.
  std::size_t answers_limit = 32 << 20;
  std::size_t max_connections = 256;
  /// Of one address (IPv6: one /64); 0: only max_connections.
  std::size_t max_connections_per_address = 0;
  /// Of one connection, read and not yet answered.
  std::size_t max_pipelined = 128;
  std::chrono::milliseconds header_timeout{10'000};  ///< for a whole head, from its first byte; and for TLS
  std::chrono::milliseconds body_grace{5'000};       ///< a body may take so long …
  std::size_t least_body_rate = 500;  ///< … and then must have come at so many bytes a second
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};  ///< between requests
  std::chrono::milliseconds stop_grace{2'000};     ///< for what is being answered when stop() is called
  /// May be left out. With it, connections that wait for their clients give way to new ones at the limits:
  /// first those whose requests were not proven.
  http_head_check screen{};
  /// May be left out: addresses whose connections are a proxy's, which count as their clients' that `screen`
  /// names, while there is a request of theirs.
  std::function<bool(const std::string& address)> is_proxy{};
  /// May be left out: makes the answers that the server gives itself. Of the request there is what was read,
  /// maybe nothing. On the server's thread.
  std::function<http_response(int status, std::string_view detail, const http_request& so_far)> refusal{};
  /// May be left out: told of each answer the server gave without `refusal`, and of connections closed
  /// without one. On its thread.
  std::function<void(int status, const std::string& remote_address)> refused{};
};

/// Answers the request once, from any thread; later calls are ignored. Dropped unused: 503.
using http_reply = std::function<void(http_response)>;

/// Runs on the server's thread and holds it up: for answers that are at hand. An exception becomes 503.
using http_handler = std::function<http_response(const http_request&)>;
/// Runs on the server's thread; the answer may come later, and others of the connection before it.
using http_async_handler = std::function<void(http_request&&, http_reply)>;

class http_server {
 public:
  /// Listens at once. Throws std::runtime_error naming the address when that is not possible, and
  /// std::invalid_argument naming a certificate or key that cannot be used.
  http_server(io_thread& thread, http_server_options options, http_handler handler);
  http_server(io_thread& thread, http_server_options options, http_async_handler handler);
  /// Calls stop(). The thread must still run.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  std::uint16_t port() const noexcept;
  /// For connections that come from now on; those there are keep theirs. nullptr: no TLS. Any thread.
  void use(server_certificate certificate);
  /// No new connections, idle ones closed, what is being answered gets the grace; then all are closed.
  /// Blocks until then. Any thread but the server's.
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch
