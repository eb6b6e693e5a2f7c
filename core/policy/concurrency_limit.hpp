#pragma once

// How many requests one provider gets at a time, found by watching it: more while its answers do not slow
// down, fewer when they do or when it says that it is too much (429, 503, no answer in time). A pure policy;
// one owner thread.
//
// A gradient on the average round trip, judged once an interval. The best average known stands for a provider
// without a queue; what answers take longer than that (and a tolerance) is time spent in one. The best is of
// averages, because single answers differ widely with nobody waiting. It must be measured again now and then,
// for the way to a provider changes: every half a minute the limit is halved for about two round trips, long
// enough for a queue of ours to drain.

#include <chrono>
#include <cstdint>

namespace dispatch {

struct concurrency_settings {
  std::uint32_t least = 8;
  /// Slow answers alone do not take it below this: a longer way to the provider looks like a queue there.
  std::uint32_t least_when_slow = 200;
  std::uint32_t start = 200;
  std::uint32_t most = 1'600;
  /// Answers this much slower than the best are no sign of a queue at the provider.
  double slack = 1.5;
  /// Nor is this much: the batches in which requests are written and answers read take as long.
  std::chrono::microseconds tolerance{2'000};
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
  void answered(duration round_trip, bool refused) noexcept;
  /// Call now and then with what is on the way; cheap when it is too early to judge. True when the limit
  /// changed.
  bool judge(std::uint32_t in_flight, time_point now);

  std::uint32_t limit() const noexcept { return limit_; }

 private:
  enum class phase : std::uint8_t {
    following,  ///< the gradient decides
    draining,   ///< halved; answers to what was sent before still come
    measuring   ///< halved; what comes now shows the provider without a queue
  };

  std::uint32_t next(duration average, time_point now);
  std::uint32_t follow(duration average, time_point now);
  std::uint32_t drawn_to(duration average) const;
  void remember(duration best, time_point now) noexcept;

  concurrency_settings settings_;
  std::uint32_t limit_;
  phase phase_ = phase::following;
  std::uint32_t resume_at_ = 0;  ///< the limit once the best is measured again
  // Since the last judgement:
  std::uint32_t answers_ = 0;
  std::uint32_t refusals_ = 0;
  duration sum_{};
  std::uint32_t most_in_flight_ = 0;
  time_point judged_at_{};
  duration best_ = duration::max();  ///< average round trip
  time_point best_known_at_{};
};

}  // namespace dispatch
