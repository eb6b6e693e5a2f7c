#pragma once

// Failed items wait here until they may be tried again: short waits in memory, long ones in Redis.

#include <memory>

#include "actors/parts.hpp"

namespace dispatch {

struct retry_config {
  std::shared_ptr<const engine_parts> parts;
  std::uint64_t seed = 0;  ///< of the jitter
};

retry_actor::behavior_type retry(retry_actor::pointer self, retry_config config);

}  // namespace dispatch
