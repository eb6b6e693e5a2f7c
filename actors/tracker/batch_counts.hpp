#pragma once

// Counts of one batch, given to the metrics in one go. Plain data; belongs to the tracker.

#include <array>
#include <cstdint>

#include "actors/metrics.hpp"
#include "core/types.hpp"

namespace dispatch {

struct batch_counts {
  std::array<std::array<std::uint32_t, outcome_count>, platform_count> outcomes{};
  std::uint32_t ok = 0;

  void flush(metrics& measures, provider by) {
    for (auto on : all_platforms) {
      for (auto result : all_outcomes) {
        const auto n = outcomes[index_of(on)][index_of(result)];
        if (n > 0) measures.notifications(on, by, result, n);
      }
    }
    if (ok > 0) measures.attempts(by, "ok", ok);
  }
};

}  // namespace dispatch
