#pragma once

// Reads jobs, makes them known, keeps what is loaded in turns and hands out what each scope can take. What
// cannot start now goes to its scope's waiting list, so that reading never stops for one scope.

#include <memory>

#include "actors/parts.hpp"

namespace dispatch {

class intake_state;

/// Outlives the actor: the next life goes on where one fell.
std::shared_ptr<intake_state> make_intake_state(std::shared_ptr<const engine_parts> parts);

intake_actor::behavior_type intake(intake_actor::pointer self, const std::shared_ptr<intake_state>& state);

}  // namespace dispatch
