#pragma once

// A shard of the rate limits. Leases permits from Redis in small chunks and grants them as their slots come;
// what is granted may start at once. Scopes are spread over shards by their number.

#include <memory>

#include "actors/parts.hpp"

namespace dispatch {

class limiter_state;

/// Outlives the actor: the next life goes on where one fell.
std::shared_ptr<limiter_state> make_limiter_state(std::shared_ptr<const engine_parts> parts,
                                                  std::size_t shard);

limiter_actor::behavior_type limiter(limiter_actor::pointer self,
                                     const std::shared_ptr<limiter_state>& state);

}  // namespace dispatch
