#pragma once

// A Redis that answers what the test says: for errors a real one gives only on a bad day. Speaks RESP2 on a
// free loopback port, one thread, several connections.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace dispatch {

class scripted_redis {
 public:
  /// What to answer (raw RESP, "-OOM no\r\n"); nullopt-like empty text = hang up. Called on the server's
  /// thread.
  using answers = std::function<std::string(const std::vector<std::string>& command)>;

  explicit scripted_redis(answers give);
  ~scripted_redis();
  scripted_redis(const scripted_redis&) = delete;
  scripted_redis& operator=(const scripted_redis&) = delete;

  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const noexcept { return port_; }
  std::uint32_t connections() const noexcept { return connections_; }
  std::uint32_t commands() const noexcept { return commands_; }

 private:
  struct peer;
  void serve();
  bool feed(peer& from);

  answers give_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::atomic<std::uint32_t> connections_{0};
  std::atomic<std::uint32_t> commands_{0};
  std::thread thread_;
};

}  // namespace dispatch
