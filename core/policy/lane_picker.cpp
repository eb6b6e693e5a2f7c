#include "core/policy/lane_picker.hpp"

#include <algorithm>

namespace dispatch {

lane_picker::lane_picker(const lane_weights& weights) : refill_{}, current_{lane_count - 1} {
  const std::int64_t unit = std::max<std::uint32_t>(weights.unit, 1);
  for (std::size_t i = 0; i < lane_count; ++i) {
    refill_[i] = unit * std::max<std::uint32_t>(weights.share[i], 1);
  }
}

std::optional<lane_picker::turn> lane_picker::pick(const std::array<bool, lane_count>& has_work) {
  if (std::none_of(has_work.begin(), has_work.end(), [](bool some) { return some; })) {
    credit_.fill(0);
    return std::nullopt;
  }
  if (!has_work[current_]) credit_[current_] = std::min<std::int64_t>(credit_[current_], 0);
  // Ends within max_debt_turns rounds: each adds to a lane with work.
  while (credit_[current_] <= 0 || !has_work[current_]) {
    current_ = (current_ + 1) % lane_count;
    credit_[current_] += refill_[current_];
    if (!has_work[current_]) credit_[current_] = std::min<std::int64_t>(credit_[current_], 0);
  }
  return turn{all_lanes[current_], static_cast<std::uint64_t>(credit_[current_])};
}

void lane_picker::spend(lane which, std::uint64_t notifications) {
  const auto index = index_of(which);
  const auto most_debt = refill_[index] * max_debt_turns;
  const auto most_spent = static_cast<std::uint64_t>(credit_[index] + most_debt);
  credit_[index] -= static_cast<std::int64_t>(std::min(notifications, most_spent));
}

}  // namespace dispatch
