#pragma once

// Threads that encrypt requests for their recipients. That costs more than all else of a notification
// (Web Push: an elliptic-curve multiplication each way), so it happens neither on the actors nor on an io
// thread. One pool an app, shared by its channels.

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/job/job.hpp"
#include "core/types.hpp"

namespace dispatch {

class sealing_pool {
 public:
  /// Replaces the body by its encryption. Empty: done; else what is wrong with the recipient's keys. May
  /// throw when it cannot be done at all.
  using seal_function = std::function<std::string(const recipient&, std::string& body)>;

  struct options {
    std::uint32_t threads = 1;
    /// Items of all channels not yet taken by a thread. About a second's work of one thread, and more than
    /// engine.max_in_flight by default.
    std::size_t max_waiting = 16'384;
    /// Called once on each thread, which alone uses what it gives.
    std::function<seal_function()> make_seal;
  };

  explicit sealing_pool(options with);
  /// Ends after the turns that run now; those that wait are dropped. The channels are closed before.
  ~sealing_pool();
  sealing_pool(const sealing_pool&) = delete;
  sealing_pool& operator=(const sealing_pool&) = delete;

  /// Any thread. Turns of a higher lane first, those of one lane in the order posted. False when `items` more
  /// would be too many.
  bool post(lane of, std::size_t items, std::function<void(const seal_function&)> turn);

 private:
  struct waiting_turn {
    std::size_t items;
    std::function<void(const seal_function&)> run;
  };
  void work(const std::function<seal_function()>& make_seal);
  bool take(waiting_turn& next);

  const std::size_t max_waiting_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::array<std::deque<waiting_turn>, lane_count> turns_;
  std::size_t waiting_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dispatch
