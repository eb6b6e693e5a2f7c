#pragma once

// What could not be written because a key that it needs is spoiled, until that is mended: tried again now and
// then, a part at a time, while everything else is written. Plain data; belongs to the tracker.

#include <chrono>
#include <cstdint>

#include "actors/tracker/units.hpp"

namespace dispatch {

class set_aside {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  bool empty() const noexcept { return units_.empty(); }
  /// What comes of these units goes the same way: their order counts.
  const unit_set& units() const noexcept { return units_; }
  std::size_t recipients() const noexcept { return counted_ + released_; }

  /// `held`: no more of these runs' recipients are to be started. Answers how many recipients leave
  /// max_in_flight though they are not written: half of that is for what is aside, and as much again as it
  /// is.
  std::uint32_t add(tagged_checkpoint&& what, bool held, std::uint32_t max_in_flight);
  /// What was taken is still unusable, and waits again.
  void put_back(tagged_checkpoint&& what, time_point now);
  /// The units that have waited longest, if it is time to try; they are no part of this meanwhile.
  tagged_checkpoint take(time_point now);
  /// They are written. Answers how many recipients leave max_in_flight with it.
  std::uint32_t written(const unit_tags& tags, time_point now);

  static constexpr std::size_t most_at_once = 256;  ///< units
  static constexpr std::chrono::milliseconds again{2'000};

 private:
  void keep(tagged_checkpoint&& what);

  tagged_checkpoint all_;
  unit_set units_;
  std::uint32_t counted_ = 0;   ///< recipients in here that count in max_in_flight …
  std::uint32_t released_ = 0;  ///< … and those that do not
  time_point try_at_{};
};

}  // namespace dispatch
