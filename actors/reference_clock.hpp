#pragma once

// Redis's clock, as this process knows it: send_at, expires_at, what is due and until when something holds
// are written and compared by several processes and by Redis's own scripts, so that one clock must count. It
// is measured now and then and runs on the steady clock between, whatever happens to the machine's.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

#include "actors/clock.hpp"

namespace dispatch {

class reference_clock final : public clock {
 public:
  using microseconds = std::chrono::microseconds;
  using time_point = std::chrono::steady_clock::time_point;

  /// Until the first measurement the machine's.
  epoch_ms wall() const override;

  /// Redis read `reference` (since the Unix epoch, to the millisecond) at some moment between the two. Within
  /// what the round trip leaves open nothing changes; a second and more is taken over at once, because then
  /// one of the clocks was set. One thread; answers how far Redis's clock is ahead of the machine's.
  microseconds measured(epoch_ms reference, time_point sent, time_point answered);

 private:
  /// Reference less steady clock; `unknown` before it was measured.
  static constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::min();
  std::atomic<std::int64_t> ahead_us_{unknown};
};

}  // namespace dispatch
