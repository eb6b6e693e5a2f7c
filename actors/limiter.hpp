#pragma once

// A shard of the rate limits. Leases permits from Redis in small chunks and grants them as their slots come;
// what is granted may start at once. Scopes are spread over shards by their number.

#include <memory>

#include "actors/parts.hpp"

namespace dispatch {

struct limiter_config {
  std::shared_ptr<const engine_parts> parts;
  std::size_t shard = 0;
};

limiter_actor::behavior_type limiter(limiter_actor::pointer self, limiter_config config);

}  // namespace dispatch
