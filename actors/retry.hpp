#pragma once

// Failed items wait here until they may be tried again: short waits in memory, long ones in Redis.

#include <cstdint>
#include <memory>

#include "actors/parts.hpp"

namespace dispatch {

class retry_state;

/// Outlives the actor: the next life goes on where one fell. `seed` is of the jitter.
std::shared_ptr<retry_state> make_retry_state(std::shared_ptr<const engine_parts> parts, std::uint64_t seed);

retry_actor::behavior_type retry(retry_actor::pointer self, const std::shared_ptr<retry_state>& state);

}  // namespace dispatch
