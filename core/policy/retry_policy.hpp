#pragma once

// Whether, and when, a notification whose attempt failed is tried again. Times are milliseconds since the
// Unix epoch. Pure, any thread.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "core/policy/backoff.hpp"

namespace dispatch {

inline constexpr std::uint32_t default_max_attempts = 5;

/// Standard Webhooks: waits after the first, second, ... attempt (the first attempt itself is immediate).
inline constexpr std::array<std::chrono::milliseconds, 9> standard_webhooks_schedule{
    std::chrono::seconds{5}, std::chrono::minutes{5}, std::chrono::minutes{30},
    std::chrono::hours{2},   std::chrono::hours{5},   std::chrono::hours{10},
    std::chrono::hours{14},  std::chrono::hours{20},  std::chrono::hours{24}};

struct retry_rules {
  /// Attempts in all, the first included.
  std::uint32_t max_attempts = default_max_attempts;
  backoff_policy backoff{};
  /// When not empty it replaces the backoff: the wait after attempt n is schedule[n-1] (beyond its end its
  /// last) plus up to a tenth as jitter. Must outlive the rules.
  std::span<const std::chrono::milliseconds> schedule{};
};

/// Ten attempts over some three days.
inline constexpr retry_rules standard_webhooks_rules{
    static_cast<std::uint32_t>(standard_webhooks_schedule.size()) + 1, backoff_policy{},
    standard_webhooks_schedule};

enum class retry_verdict : std::uint8_t {
  retry,
  dead,    ///< attempts used up
  expired  ///< the next attempt would not start before the expiry
};

struct retry_decision {
  retry_verdict verdict = retry_verdict::dead;
  /// Only with `retry`.
  std::chrono::milliseconds retry_at{0};

  friend bool operator==(const retry_decision&, const retry_decision&) = default;
};

/// `attempts_made`: those that cost an attempt, the one that just failed included. `retry_after`: the wait
/// the provider asked for, a minimum. Used-up attempts win over an expiry.
retry_decision decide_retry(const retry_rules& rules, std::uint32_t attempts_made,
                            std::optional<std::chrono::milliseconds> retry_after,
                            std::chrono::milliseconds now,
                            std::optional<std::chrono::milliseconds> expires_at, double uniform01) noexcept;

}  // namespace dispatch
