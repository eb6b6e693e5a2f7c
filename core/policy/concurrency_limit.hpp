#pragma once

// How many requests one provider gets at a time, found by watching it: more while its answers do not slow
// down, fewer when they do or when it says that it is too much (429, 503, no answer in time). A pure policy;
// one owner thread.
//
// A gradient on the round trip, judged once an interval. The best round trip of the last minute stands for a
// provider without a queue; what an answer takes longer than that (and a tolerance) is time spent in one.

#include <chrono>
#include <cstdint>

namespace dispatch {

struct concurrency_settings {
  std::uint32_t least = 8;
  /// Slow answers alone do not take it below this: a longer way to the provider looks like a queue there.
  std::uint32_t least_when_slow = 100;
  std::uint32_t start = 200;
  std::uint32_t most = 1'600;
  /// Answers this much slower than the best are no sign of a queue at the provider: the batches in which
  /// requests are written and answers read take as long.
  double slack = 1.25;
  std::chrono::microseconds tolerance{5'000};
  /// Judged so often, and not before a round trip has passed.
  std::chrono::milliseconds interval{100};
  /// More than this share of refusals is too much.
  double refused_share = 0.1;
};

class concurrency_limit {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  explicit concurrency_limit(const concurrency_settings& settings = {});

  /// An answer, or its absence: `refused` for 429, 503 and a time-out, whose round trip says nothing.
  void answered(duration round_trip, bool refused);
  /// Call now and then with what is on the way; cheap when it is too early to judge. True when the limit
  /// changed.
  bool judge(std::uint32_t in_flight, time_point now);

  std::uint32_t limit() const noexcept { return limit_; }

 private:
  void remember_best(duration round_trip, time_point now);
  std::uint32_t next(std::uint32_t in_flight, duration average) const;

  concurrency_settings settings_;
  std::uint32_t limit_;
  // Since the last judgement:
  std::uint32_t answers_ = 0;
  std::uint32_t refusals_ = 0;
  duration sum_{};
  duration shortest_ = duration::max();
  std::uint32_t most_in_flight_ = 0;
  time_point judged_at_{};
  // The best round trip, of this stretch of time and the one before: an older one is forgotten.
  duration best_ = duration::max();
  duration best_before_ = duration::max();
  time_point stretch_began_{};
};

}  // namespace dispatch
