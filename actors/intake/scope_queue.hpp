#pragma once

// What is loaded for one scope and not yet handed out: by lane (weighted turns), within a lane by tenant
// (turns), cut into slices so that nobody's bulk job holds a turn for long. Plain data; belongs to the
// intake.

#include <array>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "actors/run.hpp"
#include "core/policy/lane_picker.hpp"
#include "core/policy/turn_queue.hpp"

namespace dispatch {

/// Some recipients of one run.
struct slice {
  run_ptr owner;
  /// Positions in the run's recipients; null: begin … end are the positions themselves.
  std::shared_ptr<const std::vector<std::uint32_t>> positions;
  std::uint32_t begin = 0, end = 0;

  std::uint32_t size() const noexcept { return end - begin; }
  work_item item(std::uint32_t at) const { return {owner, positions ? (*positions)[at] : at}; }
};

class scope_queue {
 public:
  /// Recipients of one turn of a tenant: a slice is never larger.
  static constexpr std::uint32_t slice_size = 64;

  explicit scope_queue(const std::array<std::uint32_t, lane_count>& weights);

  void push(slice&& work);
  /// Before everything else of its tenant: what comes back from a retry has waited already.
  void push_front(slice&& work);
  /// Up to `budget` items, by weight and turn.
  void draw(std::uint32_t budget, std::vector<work_item>& out);
  /// Everything of one lane, for parking.
  void draw_all(dispatch::lane from, std::vector<work_item>& out);

  std::uint64_t loaded(dispatch::lane in) const noexcept { return loaded_[index_of(in)]; }
  std::uint64_t loaded() const noexcept {
    return std::accumulate(loaded_.begin(), loaded_.end(), std::uint64_t{0});
  }

 private:
  using tenant_queue = turn_queue<std::string, slice>;
  bool draw_slice(dispatch::lane from, std::uint32_t budget, std::vector<work_item>& out,
                  std::uint32_t& taken);

  lane_picker picker_;
  std::array<tenant_queue, lane_count> lanes_;
  std::array<std::uint64_t, lane_count> loaded_{};
};

}  // namespace dispatch
