#pragma once

// What one tenant has drawn of a scope while tenants are limited: a few seconds' worth that waits for
// permits, by lanes in weighted turns. What exceeds that is spread over the time to come, so that about as
// much comes back as may be sent. Plain data; belongs to the intake.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "actors/run.hpp"
#include "core/policy/lane_picker.hpp"

namespace dispatch {

class tenant_line {
 public:
  explicit tenant_line(const std::array<std::uint32_t, lane_count>& weights);

  /// So many are kept of a tenant with that rate: what comes back does so in steps of a second.
  static std::size_t capacity(double rate) noexcept;

  /// Behind those of its lane. Who has to leave for it when `most` are there: an item of a lower lane, or
  /// itself.
  std::optional<work_item> push(work_item item, std::size_t most);
  /// Up to so many, in turns of the lanes.
  void take(std::size_t count, std::vector<work_item>& out);
  void take_all(std::vector<work_item>& out);

  /// When the next item of that lane that finds no room should come back: a little faster than the tenant's
  /// rate, because several processes and lanes share it and what is early waits once more, while what is late
  /// costs the tenant permits. But no later than in 5 s, or up to 60 s where thousands would come back then:
  /// the limit may be lifted meanwhile.
  epoch_ms comes_back(lane in, double rate, epoch_ms now);

  std::size_t size() const noexcept { return size_; }
  /// Nothing waits, here or for later.
  bool is_over(epoch_ms now) const noexcept;

 private:
  lane_picker picker_;
  std::array<std::deque<work_item>, lane_count> lanes_;
  struct spreading {
    double next_ms = 0;         ///< fractions of a millisecond count at high rates
    double reach_ms = 0;        ///< no later than so long from now
    double judged_at_ms = 0;    ///< when the reach is next looked at …
    std::uint32_t crowded = 0;  ///< … by how many were given its end
  };
  std::array<spreading, lane_count> spread_{};
  std::size_t size_ = 0;
};

}  // namespace dispatch
