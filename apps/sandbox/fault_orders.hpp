#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "apps/sandbox/answer.hpp"
#include "apps/sandbox/provider.hpp"

namespace dispatch::sandbox {

using steady_time = std::chrono::steady_clock::time_point;

// A fault ordered over the control port. Neither status nor a silent fate: it only delays.
struct fault_order {
  std::optional<provider> who;  // none: every provider
  fate how = fate::reply;
  int status = 0;
  std::string reason;  // empty: the provider's usual one for the status
  bool html = false;   // the answer is a page of HTML, as from a proxy in between
  std::optional<int> retry_after_s;
  double share = 1.0;
  std::optional<std::uint64_t> left;  // heals after so many
  std::chrono::milliseconds delay{0};
  std::optional<steady_time> until;  // heals then

  bool only_delays() const { return how == fate::reply && status == 0; }
  bool matches(provider asked) const { return !who || *who == asked; }
};

// Orders in force. The newest is asked first; the first that hits and does more than delay decides, and the
// delays of those that hit before it add up. Any thread; free when there is no order.
class fault_orders {
 public:
  static constexpr std::size_t max_orders = 64;

  explicit fault_orders(std::uint64_t seed) : random_(seed) {}

  // False when there are max_orders already.
  bool add(fault_order order);
  void heal(std::optional<provider> who);
  std::vector<fault_order> in_force(steady_time now);

  struct hit {
    std::optional<fault_order> order;
    std::chrono::milliseconds delay{0};
  };
  hit draw(provider who, steady_time now);

 private:
  void drop_healed(steady_time now);

  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::deque<fault_order> orders_;  // newest first
  std::mt19937_64 random_;
};

}  // namespace dispatch::sandbox
