#pragma once

// A small blocking Redis client for command lines and tests. Not for the engine: that has redis_store. Not
// thread-safe. Reconnects by itself on the call after one that failed.

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "storage/redis/reply.hpp"

namespace dispatch {

struct redis_client_options {
  /// redis://[user:password@]host[:port][/db], rediss:// for TLS, unix:///path
  std::string url = "redis://127.0.0.1:6379";
  std::string ca_file;  ///< rediss:// only; empty = the system's
  std::chrono::milliseconds connect_timeout{3'000};
  /// Of one call (a whole pipeline). A blocking command (XREAD BLOCK) must end before it.
  std::chrono::milliseconds command_timeout{5'000};
};

/// No connection, or none any more: the call may or may not have been executed. Its text names the address,
/// never the password.
class redis_unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class redis_client {
 public:
  using reply = redis::reply;

  /// Does not connect yet; throws std::invalid_argument for an unusable URL.
  explicit redis_client(redis_client_options options);
  ~redis_client();
  redis_client(redis_client&&) noexcept;
  redis_client& operator=(redis_client&&) noexcept;

  /// Redis's own errors (also to AUTH and SELECT on connecting) come back as a reply of kind error; throws
  /// redis_unavailable.
  reply command(std::vector<std::string> args);
  /// In one write; as many replies as commands.
  std::vector<reply> pipeline(std::vector<std::vector<std::string>> commands);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dispatch
