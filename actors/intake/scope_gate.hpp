#pragma once

// Whether a scope's work may start now, and how much: breaker, provider's hold, window, permits, and how fast
// the scope really goes. Plain data; belongs to the intake.
//
// An app's provider is trusted with the whole window from the start. An origin is anybody's host, and there
// are many: each begins with few at a time, and has twice as many after a round of them that was answered
// within a second, half as many after one that took two, so that hosts that are slow or dead hold few of
// engine.max_in_flight.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>

#include "actors/intake/tenant_line.hpp"
#include "actors/run.hpp"
#include "core/policy/circuit_breaker.hpp"

namespace dispatch {

class scope_gate {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// What an origin begins with, and keeps however slow it is.
  static constexpr std::uint32_t least_window = 8;
  static constexpr std::chrono::seconds quick_round{1}, slow_round{2};

  scope_gate(std::uint32_t most, bool of_origin)
      : window(of_origin ? std::min(most, least_window) : most), most_(most), of_origin_(of_origin) {}

  bool known = false;  ///< how the breaker stands: until then work is kept and nothing starts
  breaker_state state = breaker_state::closed;
  std::uint32_t probes = 0;  ///< half open: may still be sent
  time_point hold_until{};   ///< the provider asked for quiet until then
  std::uint32_t outstanding = 0;
  std::uint32_t window;  ///< the most there may be
  /// How many the provider gets at a time, as its channel last had it.
  std::uint32_t concurrency = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t permits = 0;   ///< granted, to be used at once
  std::uint32_t demanded = 0;  ///< asked of the limiter and not yet granted
  /// With limited tenants: drawn items that wait for their tenant's permits. They are not outstanding yet.
  std::map<std::string, tenant_line, std::less<>> tenants;

  bool of_origin() const noexcept { return of_origin_; }
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
  std::uint32_t free_window() const noexcept {
    const auto open = std::min<std::uint64_t>(window, 2 * std::uint64_t{concurrency});
    return open > outstanding ? static_cast<std::uint32_t>(open - outstanding) : 0;
  }

  /// How many were ever handed out: whether there was anything meanwhile.
  std::uint64_t handed() const noexcept { return handed_; }
  /// Nothing was handed out or answered since.
  time_point used_at() const noexcept { return used_at_; }
  void touch(time_point now) noexcept { used_at_ = now; }

  void sent(std::uint32_t count, time_point now) {
    if (outstanding == 0) heard_at_ = now;
    outstanding += count;
    handed_ += count;
    used_at_ = now;
    if (round_left_ > 0) return;
    round_left_ = outstanding;
    round_began_ = now;
  }
  /// These were not sent after all.
  void taken_back(std::uint32_t count) noexcept {
    outstanding -= std::min(outstanding, count);
    round_left_ = 0;
  }
  void answered(std::uint32_t count, time_point now) {
    outstanding -= std::min(outstanding, count);
    answered_ += count;
    heard_at_ = used_at_ = now;
    silent_ = false;
    end_round(count, now);
    measure(now);
  }

  /// Now and then, for origins: one that answers nothing does not tell.
  void watch(time_point now) {
    if (!of_origin_ || outstanding == 0 || now - heard_at_ < slow_round) return;
    silent_ = true;
    window = std::min(most_, least_window);
  }
  /// It is silent, and can be given nothing more.
  bool stuck() const noexcept { return silent_ && free_window() == 0; }

  /// About what the scope answers in a second; the more is loaded beyond it, the longer other scopes' work
  /// in the same lane would wait behind it.
  std::uint64_t second_of_work(double limit_rate) const noexcept {
    const double least = of_origin_ ? window : 256;
    if (limit_rate > 0) return static_cast<std::uint64_t>(std::max(of_origin_ ? 1.0 : least, limit_rate));
    if (rate_ < 0 && !of_origin_) return std::numeric_limits<std::uint64_t>::max();
    return static_cast<std::uint64_t>(std::max(least, rate_));
  }

 private:
  void end_round(std::uint32_t count, time_point now) {
    if (!of_origin_ || round_left_ == 0) return;
    round_left_ -= std::min(round_left_, count);
    if (round_left_ > 0) return;
    if (now - round_began_ <= quick_round) window = std::min(most_, 2 * window);
    if (now - round_began_ >= slow_round) window = std::max(std::min(most_, least_window), window / 2);
  }

  void measure(time_point now) {
    const auto passed = now - measured_at_;
    if (passed < std::chrono::seconds{1}) return;
    const auto seconds = std::chrono::duration<double>(passed).count();
    const auto rate = double(answered_) / seconds;
    // A pause without work says nothing about how fast the provider is.
    if (seconds < 3.0) rate_ = rate_ < 0 ? rate : 0.5 * rate_ + 0.5 * rate;
    answered_ = 0;
    measured_at_ = now;
  }

  std::uint32_t most_;
  bool of_origin_;
  bool silent_ = false;
  std::uint32_t round_left_ = 0;  ///< of those that were out when the round began
  time_point round_began_{}, heard_at_{}, used_at_{};
  std::uint64_t handed_ = 0;
  std::uint64_t answered_ = 0;
  time_point measured_at_{};
  double rate_ = -1;
};

}  // namespace dispatch
