#pragma once

// Which lane is read from next: weighted deficit round robin, counted in notifications, so that a lane gets
// its share whatever the size of its jobs and none starves. One owner thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/types.hpp"

namespace dispatch {

struct lane_weights {
  /// By lane: high, normal, bulk, results; at least 1 is taken.
  std::array<std::uint32_t, lane_count> share{8, 4, 1, 1};
  /// Notifications of one turn per unit of weight: the longest a newly filled lane waits is the others'
  /// turns.
  std::uint32_t unit = 16;
};

class lane_picker {
 public:
  struct turn {
    lane which;
    /// Notifications it may take now, at least 1.
    std::uint64_t budget;
  };

  /// A lane's debt is cut here, in its own turns: more than one item's overdraft can never silence it.
  static constexpr std::int64_t max_debt_turns = 16;

  explicit lane_picker(const lane_weights& weights = {});

  /// Whose turn it is among the lanes that have work (indexed by lane); nullopt when none has. The same lane
  /// again until its budget is spent. A lane without work keeps no credit; its debt shrinks as its turns pass
  /// by and is forgotten once no lane has work.
  std::optional<turn> pick(const std::array<bool, lane_count>& has_work);
  /// What was really taken; more than the budget is a debt, paid with coming turns.
  void spend(lane which, std::uint64_t notifications);

 private:
  std::array<std::int64_t, lane_count> refill_;
  std::array<std::int64_t, lane_count> credit_{};
  std::size_t current_ = 0;
};

}  // namespace dispatch
