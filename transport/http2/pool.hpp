#pragma once

// A pool of connections to one origin, owned by one io thread: HTTP/2 (RFC 9113 over TLS 1.2+, ALPN h2), and
// where allowed HTTP/1.1.
// It holds every request from submit() to its completion, exactly one each: the engine's in-flight table.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "transport/http2/message.hpp"

namespace dispatch {
class address_guard;
class io_thread;
struct client_identity;
class name_lookup;
}  // namespace dispatch

namespace dispatch::http2 {

struct pool_options {
  std::string endpoint;     ///< base URL, https://host[:port]
  bool allow_http = false;  ///< http:// too: HTTP/1.1 without TLS
  bool http1 = false;   ///< a peer without h2 is spoken to in HTTP/1.1, one request at a time a connection
  std::string ca_file;  ///< PEM; empty = the system's store. The certificate and host name are verified.
  /// The most there may be; how many are opened, and how many requests are out at once, follows from how the
  /// provider answers (core/policy/concurrency_limit.hpp).
  std::size_t max_connections = 2;
  std::size_t max_streams = 100;     ///< per connection; the peer's SETTINGS may lower it, live
  std::size_t max_waiting = 20'000;  ///< requests held beyond those on streams; submit() past it = not_sent
  std::size_t max_answer_bytes = std::size_t{16} * 1024;
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds tls_timeout{5'000};
  std::chrono::milliseconds ping_after{5'000};    ///< silence with streams open before a PING is sent
  std::chrono::milliseconds ping_timeout{4'000};  ///< a peer that does not answer it by then is dead
  std::chrono::milliseconds reconnect_base{100};  ///< full jitter, doubling
  std::chrono::milliseconds reconnect_cap{10'000};
  std::chrono::milliseconds write_timeout{10'000};          ///< a peer that does not read for so long is dead
  std::uint32_t max_requests_per_connection = 500'000'000;  ///< then a new one: stream ids end at 2^31
  std::chrono::milliseconds idle_timeout{0};  ///< closes a connection without streams; 0 = never
  /// HPACK may keep both in the connection's table, so that repeating them costs a byte each. Off for a
  /// provider that asks for literals (docs/adr/0003-http2-session.md).
  bool index_path_and_authorization = true;
  /// For hosts that strangers choose: who looks names up, and which addresses may be connected to. A refused
  /// one ends all that waits as address_refused. Null: Asio's resolver, any address.
  std::shared_ptr<name_lookup> names{};
  std::shared_ptr<const address_guard> guard{};
};

struct pool_stats {
  std::size_t in_flight = 0;  ///< on streams
  std::size_t limit = 0;      ///< of in_flight, as found by now
  std::size_t waiting = 0;
  std::size_t connections = 0;  ///< ready ones
  std::uint64_t connects = 0;   ///< attempts since start
};

struct pool_callbacks {
  /// On the io thread, at most once per loop turn, never empty.
  std::function<void(std::vector<completion>&&)> completed;
  /// On the io thread. `detail` is for the log: no header values in it.
  std::function<void(connection_event, const std::string& detail)> event;
};

class pool {
 public:
  /// Any thread; nothing is connected until the first request (or warm_up()).
  pool(io_thread& thread, pool_options options, pool_callbacks callbacks);
  /// On the io thread. Unanswered requests are dropped without completion: drain first.
  ~pool();
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  // All below: io thread only.

  void submit(std::vector<request>&& requests);
  /// Gives back everything not yet on a stream as not_sent (the breaker opened).
  void recall();
  /// Connects ahead of the first request.
  void warm_up();
  /// Drops all connections after their open streams ended and connects anew for what follows (APNs wants
  /// a new connection for a new provider token).
  void renew_connections();
  /// The certificate shown to a peer that asks for one (nullptr: none, as at first). When it is another one,
  /// what waits is given back, as by recall(), and all connections are renewed.
  void use_identity(std::shared_ptr<const client_identity> identity);
  /// No new streams; recall(); GOAWAY and close once what is open has been answered.
  void drain();
  pool_stats stats() const noexcept;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch::http2
