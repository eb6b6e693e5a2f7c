#pragma once

// When the next connection may be tried: full jitter over a doubling span, from the second failure in a row
// spread up to the cap. Pure: the caller brings time and randomness.

#include <chrono>

namespace dispatch::http2 {

class reconnect_backoff {
 public:
  using clock = std::chrono::steady_clock;

  reconnect_backoff(std::chrono::milliseconds base, std::chrono::milliseconds cap) : base_(base), cap_(cap) {}

  /// A connection could not be made, or ended before it gave a single answer. `random` is in [0, 1).
  void failed(clock::time_point now, double random);
  /// None before `when`, for a reason that says nothing of the peer.
  void rest(clock::time_point when) noexcept { next_ = next_ < when ? when : next_; }
  /// An answer came.
  void succeeded() noexcept;
  bool allows(clock::time_point now) const noexcept { return now >= next_; }
  clock::time_point next() const noexcept { return next_; }

 private:
  std::chrono::milliseconds base_;
  std::chrono::milliseconds cap_;
  unsigned failures_ = 0;
  clock::time_point next_{};
};

}  // namespace dispatch::http2
