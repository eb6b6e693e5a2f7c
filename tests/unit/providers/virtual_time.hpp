#pragma once

// A clock and its timers for credentials: nothing happens until advance().

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <utility>

#include "core/job/job.hpp"
#include "transport/providers/io_timer.hpp"

namespace dispatch::testing {

class virtual_time {
 public:
  epoch_ms now() const { return now_; }

  after_function timer() {
    return [this](std::chrono::milliseconds delay, std::function<void()> task) {
      tasks_.emplace(now_ + delay, std::move(task));
    };
  }

  /// Runs what is due on the way.
  void advance(std::chrono::milliseconds by) {
    const auto until = now_ + by;
    while (!tasks_.empty() && tasks_.begin()->first <= until) {
      auto next = tasks_.extract(tasks_.begin());
      now_ = std::max(now_, next.key());
      next.mapped()();
    }
    now_ = until;
  }

  std::size_t pending() const { return tasks_.size(); }

 private:
  epoch_ms now_{1'795'435'200'000};
  std::multimap<epoch_ms, std::function<void()>> tasks_;
};

}  // namespace dispatch::testing
