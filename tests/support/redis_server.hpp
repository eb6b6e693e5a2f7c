#pragma once

// A private redis-server for tests: a free loopback port, a unix socket, a directory of its own, gone with
// it.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "storage/redis_client.hpp"

namespace dispatch {

class redis_server {
 public:
  /// Starts it and waits until it answers; `settings` are more arguments, like {"--appendonly", "yes"}.
  explicit redis_server(std::vector<std::string> settings = {});
  ~redis_server();
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  std::string unix_url() const { return "unix://" + directory_ + "/redis.sock"; }
  std::uint16_t port() const noexcept { return port_; }
  pid_t pid() const noexcept { return pid_; }
  redis_client client() const;

  /// Starts it again after kill(), same port and directory.
  void start();
  /// SIGKILL, and waits for its end.
  void kill();

  /// One process's server for all tests that need no fault of it.
  static redis_server& shared();

 private:
  std::vector<std::string> settings_;
  std::string directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace dispatch
