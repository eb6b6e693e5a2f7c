#pragma once

// Whether a scope's work may start now, and how much: breaker, provider's hold, window, permits, and how fast
// the scope really goes. Plain data; belongs to the intake.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <string>

#include "actors/run.hpp"
#include "core/policy/circuit_breaker.hpp"

namespace dispatch {

class scope_gate {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  breaker_state state = breaker_state::closed;
  std::uint32_t probes = 0;  ///< half open: may still be sent
  time_point hold_until{};   ///< the provider asked for quiet until then
  std::uint32_t outstanding = 0;
  std::uint32_t window = 0;    ///< the most there may be
  std::uint32_t permits = 0;   ///< granted, to be used at once
  std::uint32_t demanded = 0;  ///< asked of the limiter and not yet granted
  /// With limited tenants: drawn items that wait for their tenant's permits.
  std::map<std::string, std::deque<work_item>> held;

  bool passes_freely() const noexcept {
    return state == breaker_state::closed || state == breaker_state::forced_closed;
  }
  bool on_hold(time_point now) const noexcept { return now < hold_until; }
  /// Nothing at all may start: what there is belongs on the waiting list.
  bool blocked(time_point now) const noexcept {
    if (on_hold(now)) return true;
    return !passes_freely() && !(state == breaker_state::half_open && probes > 0);
  }
  /// As many again as the provider gets at a time, so that the next are at hand when those are answered.
  std::uint32_t free_window(std::uint32_t concurrency) const noexcept {
    const auto open = std::min(window, 2 * concurrency);
    return open > outstanding ? open - outstanding : 0;
  }

  void answered(std::uint32_t count, time_point now) {
    outstanding -= std::min(outstanding, count);
    answered_ += count;
    const auto passed = now - measured_at_;
    if (passed < std::chrono::seconds{1}) return;
    const auto seconds = std::chrono::duration<double>(passed).count();
    const auto rate = double(answered_) / seconds;
    // A pause without work says nothing about how fast the provider is.
    if (seconds < 3.0) rate_ = rate_ < 0 ? rate : 0.5 * rate_ + 0.5 * rate;
    answered_ = 0;
    measured_at_ = now;
  }

  /// About what the scope answers in a second; the more is loaded beyond it, the longer other scopes' work
  /// in the same lane would wait behind it.
  std::uint64_t second_of_work(double limit_rate) const noexcept {
    constexpr double least = 256;
    if (limit_rate > 0) return static_cast<std::uint64_t>(std::max(least, limit_rate));
    if (rate_ < 0) return std::numeric_limits<std::uint64_t>::max();
    return static_cast<std::uint64_t>(std::max(least, rate_));
  }

 private:
  std::uint64_t answered_ = 0;
  time_point measured_at_{};
  double rate_ = -1;
};

}  // namespace dispatch
