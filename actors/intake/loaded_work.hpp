#pragma once

// What is loaded and not handed out, of all scopes, and whose turn it is among them. Plain data; belongs to
// the intake.

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "actors/by_scope.hpp"
#include "actors/intake/scope_queue.hpp"

namespace dispatch {

class loaded_work {
 public:
  explicit loaded_work(const std::array<std::uint32_t, lane_count>& weights);

  void push(scope_number scope, slice&& work);
  void push_front(scope_number scope, slice&& work);
  void draw(scope_number scope, std::uint32_t budget, std::vector<work_item>& out);
  void draw_all(scope_number scope, lane from, std::vector<work_item>& out);

  std::uint64_t of(scope_number scope) const { return queues_[scope].loaded(); }
  std::uint64_t of(scope_number scope, lane in) const { return queues_[scope].loaded(in); }
  /// Read from origins' waiting lists; and all that was not. Apart, so that the one does not keep the other
  /// from being read: a list is only read as far as its origin can start it.
  std::uint64_t from_origins(lane in) const noexcept { return from_origins_[index_of(in)]; }
  std::uint64_t from_elsewhere(lane in) const noexcept { return from_elsewhere_[index_of(in)]; }

  /// Scopes that have any.
  std::size_t busy() const noexcept { return busy_.size(); }
  /// They take turns; nullopt: there is none.
  std::optional<scope_number> next_busy();

 private:
  void count(const run& owner, std::uint64_t items);
  void drawn(scope_number scope, const std::vector<work_item>& out, std::size_t first);

  by_scope<scope_queue> queues_;
  std::set<scope_number> busy_;
  scope_number turn_ = 0;  ///< whose it was last
  std::array<std::uint64_t, lane_count> from_origins_{}, from_elsewhere_{};
};

}  // namespace dispatch
