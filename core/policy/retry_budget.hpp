#pragma once

// Keeps retries from multiplying an outage: per provider at most 10 % of first attempts plus 10 a second.
// What exceeds it waits. One owner thread.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace dispatch {

struct retry_budget_settings {
  /// Share of first attempts, in [0, 1].
  double ratio = 0.1;
  /// In [0, 100'000].
  double floor_per_second = 10.0;
};

/// In any span of T seconds: retries <= ratio * first attempts (of the span and the 10 s before it)
/// + max(1, floor_per_second * (T + 10)).
class retry_budget {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Unused budget older than this is gone.
  static constexpr std::size_t memory_seconds = 10;

  /// Starts with the floor of one second.
  retry_budget(const retry_budget_settings& settings, time_point now);

  /// Other settings from now on; what was earned stays, within the new floor's bound.
  void change(const retry_budget_settings& settings, time_point now);

  void on_first_attempts(std::uint64_t count, time_point now);
  /// Takes one retry.
  bool try_take(time_point now);
  /// Takes as many of `wanted` as there are; returns how many.
  std::uint64_t take_up_to(std::uint64_t wanted, time_point now);
  /// When one retry will be there at the latest: `now` when there is one, time_point::max() when only first
  /// attempts can bring one (floor 0).
  time_point next_available(time_point now);
  /// About when a retry has its turn that comes after all booked before: a reservation of nothing, which
  /// spreads those that wait elsewhere. time_point::max() when nothing brings any.
  time_point book(time_point now);

 private:
  void advance(time_point now);
  std::int64_t full_floor() const noexcept;
  std::int64_t available() const noexcept;
  void spend(std::int64_t amount) noexcept;

  std::int64_t earned_per_first_;  // all amounts in millionths of a retry: whole numbers do not drift
  std::int64_t floor_per_second_;
  std::int64_t floor_tokens_;
  std::int64_t floor_remainder_ = 0;  // what the last microseconds gave beyond whole millionths
  std::array<std::int64_t, memory_seconds> earned_{};  // one slot a second, newest at newest_
  std::size_t newest_ = 0;
  time_point slot_start_;
  time_point floor_updated_;
  time_point booked_{};
};

}  // namespace dispatch
