#include "core/policy/restart_policy.hpp"

#include <algorithm>

namespace dispatch {

std::uint32_t restart_history::count_after(time_point since) const noexcept {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < held_; ++i) {
    if (due_[i] > since) ++count;
  }
  return count;
}

std::optional<restart_history::time_point> restart_history::latest() const noexcept {
  if (held_ == 0) return std::nullopt;
  return due_[(next_ + capacity - 1) % capacity];
}

void restart_history::add(time_point due) noexcept {
  due_[next_] = due;
  next_ = (next_ + 1) % capacity;
  held_ = std::min(held_ + 1, capacity);
  ++streak_;
}

std::optional<std::chrono::milliseconds> decide_restart(restart_history& history,
                                                        const restart_limits& limits,
                                                        restart_history::time_point now, double uniform01) {
  const auto latest = history.latest();
  if (latest && now - *latest >= limits.healthy_after) history.end_streak();
  const auto allowed = std::clamp<std::uint32_t>(limits.max_restarts, 1, restart_history::capacity);
  if (history.count_after(now - limits.period) >= allowed) return std::nullopt;
  const auto delay = limits.backoff.delay(history.streak() + 1, uniform01);
  history.add(now + delay);
  return delay;
}

}  // namespace dispatch
