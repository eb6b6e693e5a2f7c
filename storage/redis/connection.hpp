#pragma once

// One connection that keeps itself up: connect, log in, greet, pipeline, reconnect with jitter. Everything
// sent in one turn of the loop leaves in one write; replies come back in order. Loop thread only.

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/policy/backoff.hpp"
#include "storage/redis/address.hpp"
#include "storage/redis/loop.hpp"
#include "storage/redis/resp.hpp"
#include "storage/redis/socket.hpp"

namespace dispatch::redis {

struct connection_options {
  address to;
  std::string ca_file;
  std::chrono::milliseconds connect_timeout{3'000};  ///< name look-up to the last reply of the greeting
  std::chrono::milliseconds command_timeout{5'000};
  floored_backoff backoff = redis_reconnect_backoff;
  std::size_t max_pending = 10'000;  ///< commands on their way; more are answered nullopt
};

struct connection_hooks {
  /// What to send first on every new connection, after AUTH and SELECT.
  std::function<std::vector<command>()> greeting;
  /// Its replies, none of them an error (one that is fails the attempt).
  std::function<void(const std::vector<reply>&)> greeted;
  /// On each change only, so that it can be logged.
  std::function<void(bool up, const std::string& detail)> changed;
  /// Per reply: the time since its command was sent.
  std::function<void(std::chrono::nanoseconds)> answered;
};

class connection {
 public:
  /// nullopt: there is no connection or it broke; what was sent may or may not have been executed.
  using handler = std::function<void(std::optional<reply>)>;

  connection(loop& where, connection_options options, connection_hooks hooks);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void start();
  /// For good: answers everything that waits, reconnects no more.
  void stop();
  /// During the very first attempt commands wait for it; later, while there is no connection, they are
  /// answered at once (from inside this call). `longer` is added to the time a blocking command may take.
  void send(const command& what, handler answer, std::chrono::milliseconds longer = {});
  /// Gives this connection up, and makes a new one after the backoff.
  void drop(const std::string& why);
  /// The same to another server ("host:port" of MOVED), until that fails.
  void follow(std::string_view host_and_port);
  /// Ends the backoff, when it is waiting: there is reason to believe that Redis is back.
  void hurry();

  bool up() const noexcept { return phase_ == phase::up; }
  const std::string& last_error() const noexcept { return last_error_; }

 private:
  using clock = std::chrono::steady_clock;
  enum class phase : std::uint8_t { idle, connecting, greeting, up, waiting, stopped };
  struct pending {
    handler answer;
    clock::time_point sent;
    clock::time_point deadline;
  };
  struct early {
    command what;
    handler answer;
    std::chrono::milliseconds longer;
  };

  void attempt();
  void connected();
  void greeting_answered(std::size_t index, std::optional<reply> answer);
  void become_up();
  void enqueue(const command& what, handler answer, std::chrono::milliseconds longer);
  void flush();
  void read_more();
  void received(std::string_view bytes);
  void watch_head();
  void break_off(const std::string& why);
  void report(bool up, const std::string& detail);

  loop& loop_;
  connection_options options_;
  connection_hooks hooks_;
  address target_;
  phase phase_ = phase::idle;
  std::uint64_t round_ = 0;  // of the socket: what belongs to an older one is ignored
  std::uint32_t attempts_ = 0;
  bool ever_settled_ = false;  // the first attempt has ended, well or not
  std::optional<bool> reported_;
  clock::time_point up_since_;
  std::string last_error_ = "not connected yet";

  std::unique_ptr<socket> socket_;
  std::shared_ptr<reply_reader> reader_;
  std::deque<pending> pending_;
  std::vector<early> early_;
  std::vector<reply> greeting_;
  std::size_t greeting_size_ = 0;
  std::size_t login_size_ = 0;
  std::string out_;
  std::string writing_;
  bool flush_posted_ = false;
  bool write_running_ = false;
  timer reconnect_;
  timer watchdog_;
  bool watching_ = false;
  std::mt19937_64 random_{std::random_device{}()};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted
};

}  // namespace dispatch::redis
