#pragma once

// When a failed child is started again, and when its supervisor gives up (as in OTP: intensity and period).
// One owner thread.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/policy/backoff.hpp"

namespace dispatch {

struct restart_limits {
  /// In [1, restart_history::capacity].
  std::uint32_t max_restarts = 5;
  std::chrono::milliseconds period{std::chrono::seconds{30}};
  /// A child that ran so long without failing starts again at the shortest backoff.
  std::chrono::milliseconds healthy_after{std::chrono::seconds{60}};
  floored_backoff backoff = supervisor_backoff;
};

/// The latest restarts of one child (or of one level, when its children share a budget). Bounded.
class restart_history {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr std::size_t capacity = 32;

  /// Restarts since `since`, exclusive; at most `capacity`.
  std::uint32_t count_after(time_point since) const noexcept;
  /// Restarts in a row without a healthy run between.
  std::uint32_t streak() const noexcept { return streak_; }
  /// When the latest restart was due.
  std::optional<time_point> latest() const noexcept;

  void add(time_point due) noexcept;
  void end_streak() noexcept { streak_ = 0; }

 private:
  std::array<time_point, capacity> due_{};
  std::size_t next_ = 0;
  std::size_t held_ = 0;
  std::uint32_t streak_ = 0;
};

/// The child failed at `now`: the delay after which it is started again (then noted in `history`), or
/// nullopt: it was restarted max_restarts times within the period, the level above decides. A restart counts
/// from the moment it is due.
std::optional<std::chrono::milliseconds> decide_restart(restart_history& history,
                                                        const restart_limits& limits,
                                                        restart_history::time_point now, double uniform01);

}  // namespace dispatch
