#pragma once

// How long to wait before the n-th try again. Randomness is a parameter: `uniform01` is uniform in [0, 1) and
// is clamped to [0, 1]; attempts count from 1 (the first attempt that failed). Pure, any thread.

#include <chrono>
#include <cstdint>

namespace dispatch {

/// Full jitter: uniform between nothing and min(cap, base * 2^(attempt-1)). It spreads a crowd of failed
/// notifications best, which is what retries against a provider need.
struct backoff_policy {
  std::chrono::milliseconds base{std::chrono::seconds{1}};
  std::chrono::milliseconds cap{std::chrono::minutes{5}};

  std::chrono::milliseconds delay(std::uint32_t attempt, double uniform01) const noexcept;
};

/// Doubling with a floor: uniform between s and 2*s, where s = min(floor * 2^(attempt-1), cap / 2). Every
/// delay lies in [floor, cap], so that a restart or a reconnect never comes at once however the dice fall.
struct floored_backoff {
  std::chrono::milliseconds floor;
  std::chrono::milliseconds cap;

  std::chrono::milliseconds delay(std::uint32_t attempt, double uniform01) const noexcept;
};

inline constexpr floored_backoff supervisor_backoff{std::chrono::milliseconds{200}, std::chrono::seconds{30}};
inline constexpr floored_backoff redis_reconnect_backoff{std::chrono::milliseconds{50},
                                                         std::chrono::seconds{2}};
inline constexpr floored_backoff provider_reconnect_backoff{std::chrono::milliseconds{100},
                                                            std::chrono::seconds{10}};

}  // namespace dispatch
