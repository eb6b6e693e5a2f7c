#pragma once

// Which jobs this process has in hand, so that a cancel, pause or resume finds them, and which lanes are
// paused. Plain data; belongs to one actor. What it changes in a run is `mode`, which every actor reads.
//
// A run is registered as soon as it exists, before storage is asked for its job's state: an event that comes
// in between then finds it, and whichever of the two speaks of the later state is not missed.

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/control/control_action.hpp"
#include "actors/run.hpp"
#include "core/types.hpp"

namespace dispatch {

class job_control {
 public:
  /// Only runs with a hash: the others have no name an operator could use.
  void opened(const run_ptr& which);

  /// The job's runs that are alive (a job may be loaded in several parts).
  std::vector<run_ptr> find(std::string_view tenant, std::string_view id) const;

  // Each answers the runs whose mode it changed. A cancelled run stays cancelled.
  std::vector<run_ptr> cancel(std::string_view tenant, std::string_view id);
  std::vector<run_ptr> pause(std::string_view tenant, std::string_view id);
  std::vector<run_ptr> resume(std::string_view tenant, std::string_view id);
  std::vector<run_ptr> apply(const job_action& action);

  bool paused(lane which) const noexcept { return paused_[index_of(which)]; }
  /// True when that changed something.
  bool apply(const lane_action& action) noexcept;
  /// What Redis holds (NS:paused), at the start and after events may have been missed.
  void set_paused(const std::array<bool, lane_count>& lanes) noexcept { paused_ = lanes; }

  /// Runs registered, those that ended since the last sweep included: at most twice the living and slack.
  std::size_t registered() const noexcept { return registered_; }
  static constexpr std::size_t slack = 1024;

 private:
  using runs = std::vector<std::weak_ptr<run>>;
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  static std::string name(std::string_view tenant, std::string_view id);
  std::vector<run_ptr> change(std::string_view tenant, std::string_view id, run_mode from, run_mode to);
  void sweep();

  std::unordered_map<std::string, runs, text_hash, std::equal_to<>> jobs_;
  std::size_t registered_ = 0;
  std::size_t sweep_at_ = slack;
  std::array<bool, lane_count> paused_{};
};

/// Moves a run's mode; false when it was not `from` (whoever cancels does not look: see cancel()).
bool change_mode(run& which, run_mode from, run_mode to) noexcept;

}  // namespace dispatch
