#pragma once

// The streams the intake reads (lanes, what became due, each scope's waiting lists) and what it knows of
// them. Plain data; belongs to the intake.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/parts.hpp"
#include "storage/records.hpp"

namespace dispatch {

struct source_state {
  source_ptr from;
  std::optional<scope_number> scope;  ///< a waiting list's
  bool drained = false;               ///< nothing more when last read; a wake-up resets it
  bool waiting = false;               ///< a waiting list that is not empty: newcomers go behind it
};

class source_table {
 public:
  explicit source_table(const std::vector<scope_info>& scopes) {
    for (auto in : all_lanes) {
      add({in, std::string(ready_scope)}, std::nullopt);
      for (std::size_t i = 0; i < scopes.size(); ++i) add({in, scopes[i].name}, static_cast<scope_number>(i));
      add({in, ""}, std::nullopt);
    }
    per_lane_ = scopes.size() + 2;
  }

  std::vector<source_state>& all() noexcept { return states_; }

  source_state& waiting_list(scope_number scope, lane in) {
    return states_[index_of(in) * per_lane_ + 1 + scope];
  }
  source_state& ready(lane in) { return states_[index_of(in) * per_lane_]; }
  source_state* find(const source& which) {
    for (auto& state : states_) {
      if (*state.from == which) return &state;
    }
    return nullptr;
  }
  void wake_all() {
    for (auto& state : states_) state.drained = false;
  }
  void wake_scope(scope_number scope) {
    for (auto in : all_lanes) waiting_list(scope, in).drained = false;
  }

 private:
  void add(source from, std::optional<scope_number> scope) {
    states_.push_back({std::make_shared<const source>(std::move(from)), scope});
  }
  /// By lane; in each the lists first, because a lane that is being parked could use up every read, while the
  /// lists are only read as far as their scopes can start them.
  std::vector<source_state> states_;
  std::size_t per_lane_ = 0;
};

}  // namespace dispatch
