#pragma once

// One platform's sender: renders requests and hands them to the channel, a batch at a time. Keeps nothing.

#include <memory>

#include "actors/parts.hpp"

namespace dispatch {

struct sender_config {
  std::shared_ptr<const engine_parts> parts;
  platform serves{};
};

sender_actor::behavior_type sender(sender_actor::pointer self, const sender_config& config);

}  // namespace dispatch
