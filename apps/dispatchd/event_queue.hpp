#pragma once

// What happens to the process, from whichever thread, as a list for the main thread to work through. Every
// kind waits at most once, so the list is bounded: what is asked twice before it is done is done once.

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

namespace dispatch {

enum class service_event : std::uint8_t {
  ended,      ///< the engine has stopped
  terminate,  ///< SIGTERM
  reload,     ///< SIGHUP
  readiness,  ///< ready or not ready any more
  alive       ///< the engine's threads answered
};
inline constexpr std::size_t service_event_count = 5;

class event_queue {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  void push(service_event what) {
    {
      std::scoped_lock lock(guard_);
      waiting_[static_cast<std::size_t>(what)] = true;
    }
    arrived_.notify_one();
  }

  /// The first waiting kind in the enum's order; nullopt when none came until then.
  std::optional<service_event> pop_until(time_point until) {
    std::unique_lock lock(guard_);
    std::optional<service_event> found;
    arrived_.wait_until(lock, until, [&] { return (found = take()).has_value(); });
    return found;
  }

 private:
  std::optional<service_event> take() {
    for (std::size_t at = 0; at < waiting_.size(); ++at) {
      if (!waiting_[at]) continue;
      waiting_[at] = false;
      return static_cast<service_event>(at);
    }
    return std::nullopt;
  }

  std::mutex guard_;
  std::condition_variable arrived_;
  std::array<bool, service_event_count> waiting_{};
};

}  // namespace dispatch
