#pragma once

// Judges answers (through the provider's adapter), counts outcomes and writes them, one checkpoint at a time:
// what comes in while one is being written makes up the next, so batches grow with the load by themselves.

#include <memory>

#include "actors/parts.hpp"

namespace dispatch {

class tracker_state;

/// Outlives the actor: the next life goes on where one fell.
std::shared_ptr<tracker_state> make_tracker_state(std::shared_ptr<const engine_parts> parts);

tracker_actor::behavior_type tracker(tracker_actor::pointer self,
                                     const std::shared_ptr<tracker_state>& state);

}  // namespace dispatch
