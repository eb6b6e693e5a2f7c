#pragma once

// What an operator's order did to a job.

#include <cstdint>
#include <string>

namespace dispatch {

struct job_change {
  bool changed = false;
  std::string before;       ///< the state found; empty: no such job
  std::string now;          ///< the state it has; empty: still no such job
  std::uint64_t moved = 0;  ///< waiting rests given back to the engine

  bool known() const noexcept { return !before.empty(); }
  /// done, cancelled or dead before: nothing can be changed any more.
  bool was_final() const noexcept { return before == "done" || before == "cancelled" || before == "dead"; }
};

}  // namespace dispatch
