#pragma once

// The top: keeps the lease, holds the breakers, starts and restarts the other actors, moves what became due,
// and brings the process down in order.

#include <functional>
#include <memory>

#include "actors/parts.hpp"
#include "actors/supervisor/children.hpp"

namespace dispatch {

struct supervisor_config {
  std::shared_ptr<const engine_parts> parts;
  std::vector<child_spec> children;
  /// Called once, on an actor's thread: 0 = drained, 1 = gave up. The engine then tears down.
  std::function<void(int code)> ended;
  /// Called when the engine begins (true) or ceases (false) to take new work.
  std::function<void(bool)> ready;
  /// Called when what keeps it from working changes; empty: nothing does. May be left out.
  std::function<void(const std::string& what)> missing = {};
};

supervisor_actor::behavior_type supervisor(supervisor_actor::pointer self, supervisor_config config);

/// Spawns it and publishes it in the parts: it is nobody's child, and it sends itself messages from the
/// start.
void spawn_supervisor(caf::actor_system& system, supervisor_config config);

/// Ends every actor of these parts and forgets their handles.
void withdraw_all(const engine_parts& parts);

}  // namespace dispatch
