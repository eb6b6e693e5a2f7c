#pragma once

// A budget for frames that cost us work and bring us nothing: PING, SETTINGS, empty DATA, PRIORITY, resets of
// streams long gone … A decent peer needs a few a minute; one that goes on for long is cut off (RFC
// 9113 10.5). Frames that move something (answers, windows, body) are not counted: they are bounded by what
// we asked for. Nor are those a decent peer had sent before it learnt that their stream is gone. Internal to
// transport/http2.

#include <algorithm>
#include <chrono>

namespace dispatch::http2 {

class flood_guard {
 public:
  using clock = std::chrono::steady_clock;

  /// A stream has gone for which so many frames may still be on their way.
  void expect(unsigned frames) noexcept { expected_ = std::min(expected_ + frames, most_expected); }
  /// As allow(), for a frame of a stream that is gone.
  bool allow_late(clock::time_point now) noexcept {
    if (expected_ == 0) return allow(now);
    --expected_;
    return true;
  }

  /// False: too many.
  bool allow(clock::time_point now) noexcept {
    if (now > last_) {
      const std::chrono::duration<double> passed = now - last_;
      left_ += passed.count() * per_second;
      if (left_ > burst) left_ = burst;
      last_ = now;
    }
    left_ -= 1;
    return left_ >= 0;
  }

 private:
  static constexpr double burst = 1'000;
  static constexpr double per_second = 200;
  static constexpr unsigned most_expected = 32'768;

  unsigned expected_ = 0;
  double left_ = burst;
  clock::time_point last_{};
};

}  // namespace dispatch::http2
