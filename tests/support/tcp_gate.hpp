#pragma once

// Stands between a client and a server on the loopback and can cut them off at the worst moment: after the
// server has done what it was asked and before its answer arrives. One thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace dispatch {

class tcp_gate {
 public:
  /// To 127.0.0.1:`server`.
  explicit tcp_gate(std::uint16_t server);
  ~tcp_gate();
  tcp_gate(const tcp_gate&) = delete;
  tcp_gate& operator=(const tcp_gate&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  /// The next bytes a server sends are swallowed and their connection is closed, once.
  void cut_next_answer() noexcept { cut_ = true; }
  bool has_cut() const noexcept { return !cut_; }

 private:
  struct pair {
    int client = -1, server = -1;
  };
  void serve();
  void accept_one();
  /// False: this pair is over.
  bool pass(int from, int to, bool answers);

  std::uint16_t server_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::vector<pair> pairs_;
  std::atomic<bool> cut_{false};
  std::atomic<bool> stopped_{false};
  int wake_[2] = {-1, -1};
  std::thread thread_;
};

}  // namespace dispatch
