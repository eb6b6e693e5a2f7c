#pragma once

// Work in a waiting list whose scope may not start ends in time, too: this says when such a list is to be
// looked through. What is read and has not ended is parked again, so a look costs a rewrite of the list, and
// looks are far enough apart that most of the time there is none. Plain data; belongs to the intake.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actors/messages.hpp"
#include "core/types.hpp"

namespace dispatch {

class expiry_watch {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using list = std::pair<scope_number, lane>;

  /// The share of the time that looks may take is one in this.
  static constexpr int one_in = 20;
  static constexpr std::chrono::seconds least_pause{1}, longest_look{5};

  /// Work that ends then was put into the list.
  void noted(const list& which, epoch_ms ends);
  /// It may hold what nobody here has noted: another process put it there.
  void doubted(const list& which) { lists_[which].unknown = true; }

  /// The scope's number may become another's.
  void forget(scope_number scope) {
    std::erase_if(lists_, [scope](const auto& one) { return one.first.first == scope; });
  }

  /// Which lists are to be looked through. Ends looks that have taken too long.
  std::vector<list> due(epoch_ms wall, time_point now);
  void begin(const list& which, epoch_ms wall, time_point now);
  bool is_looking(const list& which) const;
  /// It was read, up to what was stored then. What was stored after the look began, it has seen.
  void was_read(const list& which, bool drained, epoch_ms last_stored, time_point now);

 private:
  struct state {
    bool unknown = false;
    std::optional<epoch_ms> next;     ///< the first end of what is in it
    std::optional<epoch_ms> looking;  ///< since when, on the wall clock
    time_point began{}, not_before{};
  };
  static void finish(state& one, time_point now);

  std::map<list, state> lists_;  ///< at most one a scope and lane
};

}  // namespace dispatch
