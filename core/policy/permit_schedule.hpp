#pragma once

// The arithmetic of the distributed rate limiter (GCRA with leases), mirrored in a Lua script. Redis holds
// one number per scope, `tat`: the earliest slot not yet given away, in microseconds of Redis's clock (0 =
// never used). A process leases a run of slots; each permit is good for one send from its slot, or from the
// lease when the slot lies behind, until `lapse` later.
//
// Why it holds. Slots lie at least 1/rate apart and may lag at most `lag` behind the lease, so a permit is
// used within lag + lapse of its slot. The sends of one second thus come from slots of 1 s + lag + lapse,
// which are at most N when N / rate >= 1 s + lag + lapse. With N = floor(rate * 1.02 + burst), the promised
// bound, that leaves N / rate - 1 s to divide between the two.

#include <chrono>
#include <cstdint>

namespace dispatch {

/// What is allowed. Rates in sends a second, clamped to [0.001, 1'000'000]; a scope without a limit has no
/// schedule at all.
struct permit_limit {
  double rate = 1.0;
  /// At least 1 is taken.
  double burst = 1.0;

  /// max(1, rate / 10)
  static double default_burst(double rate) noexcept;
};

/// Derived from a limit once; these are the numbers the Lua script takes as arguments.
struct permit_terms {
  /// 1/rate; fractions of a microsecond count.
  double interval_us = 0;
  /// How far the first slot of a lease may lie behind Redis's now.
  std::int64_t lag_us = 0;
  /// How long a permit is good: 100 ms, less where burst or a low rate leaves no room for it (never under 14
  /// ms).
  std::int64_t lapse_us = 0;

  static permit_terms of(const permit_limit& limit) noexcept;
};

inline constexpr std::int64_t default_permit_horizon_us = 50'000;
/// Horizons are clamped to this; a tat further ahead than it and one interval comes from a clock that jumped
/// back or from a lower rate before a reload, and is cut to it.
inline constexpr std::int64_t max_permit_horizon_us = 1'000'000;

struct permit_lease {
  std::uint32_t granted = 0;
  /// Slot i lies at first_slot_us + i * interval_us. With nothing granted: the slot to ask again for.
  std::int64_t first_slot_us = 0;
  double interval_us = 0;
  std::int64_t lapse_us = 0;
  /// Redis's time of the grant.
  std::int64_t granted_at_us = 0;
  /// To be stored, also when nothing was granted (a tat too far ahead comes back cut).
  std::int64_t new_tat_us = 0;
};

/// Leases up to `want` slots that lie at most `horizon_us` ahead of now. Pure.
permit_lease lease_permits(const permit_terms& terms, std::int64_t tat_us, std::int64_t now_us,
                           std::uint32_t want, std::int64_t horizon_us = default_permit_horizon_us) noexcept;

}  // namespace dispatch
