#pragma once

// A pool of connections to one submission server, owned by one io thread. It holds every message from
// submit() to its completion, exactly one each. A connection sends one message after another.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "transport/message.hpp"
#include "transport/smtp/mail_endpoint.hpp"

namespace dispatch {
class io_thread;
}

namespace dispatch::smtp {

struct pool_options {
  mail_endpoint server;
  std::string ca_file;      ///< PEM; empty = the system's store. Certificate and host name are verified.
  session_options session;  ///< `how` decides, not the server's
  std::size_t max_connections = 4;
  std::uint32_t max_messages_per_connection =
      100;                          ///< then a new one, as servers have such limits themselves
  std::size_t max_waiting = 1'000;  ///< submit() past it = not_sent
  std::size_t max_answer_bytes = std::size_t{2} * 1024;
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds tls_timeout{5'000};
  std::chrono::milliseconds login_timeout{10'000};  ///< greeting, EHLO, STARTTLS and AUTH together
  std::chrono::milliseconds quit_timeout{1'000};
  /// Servers wait for five minutes (RFC 5321 4.5.3.2.7), some for less.
  std::chrono::milliseconds idle_timeout{30'000};
  std::chrono::milliseconds reconnect_base{100};  ///< full jitter, doubling
  std::chrono::milliseconds reconnect_cap{10'000};
};

struct pool_stats {
  std::size_t in_flight = 0;  ///< being sent
  std::size_t waiting = 0;
  std::size_t connections = 0;  ///< logged in
  std::uint64_t connects = 0;   ///< attempts since start
};

struct pool_callbacks {
  /// On the io thread, at most once per loop turn, never empty.
  std::function<void(std::vector<provider_answer>&&)> completed;
  /// On the io thread. `detail` is for the log: replies, no credentials.
  std::function<void(connection_event, const std::string& detail)> event;
};

class pool {
 public:
  /// Any thread; nothing is connected until the first message (or warm_up()). Throws std::runtime_error when
  /// the ca_file cannot be read.
  pool(io_thread& thread, pool_options options, pool_callbacks callbacks);
  /// On the io thread. Unanswered messages are dropped without completion.
  ~pool();
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  // All below: io thread only.

  void submit(std::vector<provider_request>&& messages);
  /// Gives back everything not yet being sent as not_sent (the breaker opened).
  void recall();
  /// Connects and logs in ahead of the first message.
  void warm_up();
  /// For connections made from now on; those there are end after the message they are sending.
  void replace_password(std::string username, std::string password);
  pool_stats stats() const noexcept;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch::smtp
