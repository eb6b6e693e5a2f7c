#pragma once

// The permits one process holds for one scope, on its own steady clock. One owner thread; memory is bounded.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "core/policy/permit_schedule.hpp"

namespace dispatch {

class permit_wallet {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Leases held at once; one more pushes out the oldest, which lapses first anyway.
  static constexpr std::size_t max_leases = 64;

  /// Redis granted the lease somewhere between `asked_at` and `received_at`. A permit opens as if it was at
  /// the end and lapses as if at the beginning: never early, never late, whatever the round trip; one longer
  /// than the lapse costs the permits.
  void add(const permit_lease& lease, time_point asked_at, time_point received_at);

  /// Permits usable now. Drops lapsed ones.
  std::uint64_t available(time_point now);
  /// Uses up to `wanted` of them, oldest first; returns how many. With several scopes: ask all for
  /// available() first and take the least, then nothing needs to go back.
  std::uint64_t take(std::uint64_t wanted, time_point now);
  /// `now` when one is usable, else when the next opens; nullopt when none is held.
  std::optional<time_point> next_valid(time_point now);
  /// Held, open or yet to open.
  std::uint64_t held() const noexcept;
  /// Permits that were never used, since the beginning (a counter for metrics).
  std::uint64_t lapsed_total() const noexcept { return lapsed_total_; }

 private:
  struct holding {
    time_point asked_at;
    time_point received_at;
    double first_offset_us;  // of slot 0 from the grant; negative when it lies behind
    double interval_us;
    std::int64_t lapse_us;
    std::uint32_t count;
    std::uint32_t next;  // permits below are used or lapsed

    std::uint32_t opened(time_point now) const noexcept;
    std::uint32_t lapsed(time_point now) const noexcept;
    time_point opens_at(std::uint32_t index) const noexcept;
  };

  void drop_lapsed(time_point now);

  std::deque<holding> holdings_;
  std::uint64_t lapsed_total_ = 0;
};

}  // namespace dispatch
