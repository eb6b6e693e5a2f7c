#pragma once

// The engine's actors as the supervisor's children: how each is made, and what happens when one dies. Each is
// restarted alone; its state and what was sent to it outlive it. One that fails too often is the level
// above's to decide: the process ends in order, and its work is taken over.

#include <caf/all.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/parts.hpp"
#include "core/policy/restart_policy.hpp"

namespace dispatch {

struct child_spec {
  std::string name;
  /// Spawns, publishes the handle to the peers, and returns it. May throw: counts as a failed start.
  std::function<caf::actor()> start;
  /// It died: what is sent to it waits for the next life.
  std::function<void()> withdraw;
  /// For good.
  std::function<void()> end;
};

class child_table {
 public:
  explicit child_table(std::vector<child_spec> specs);

  /// Starts all, in order. The caller monitors what it gets; a failed start throws.
  std::vector<caf::actor> start_all();

  struct fate {
    std::string name;
    bool known = false;    ///< it was a child of ours
    bool give_up = false;  ///< restarted too often
    std::chrono::milliseconds after{0};
    std::size_t index = 0;
  };
  /// A child died at `now`: restart it after `after`, or give up.
  fate died(const caf::actor_addr& who, std::chrono::steady_clock::time_point now, double uniform01);
  /// Starts it again.
  caf::actor restart(std::size_t index);
  /// Ends all, in reverse order of their start.
  void stop_all();

 private:
  struct running {
    child_spec spec;
    caf::actor handle;
    restart_history history;
  };
  std::vector<running> children_;
};

/// The children of one engine.
std::vector<child_spec> engine_children(caf::actor_system& system,
                                        const std::shared_ptr<const engine_parts>& parts);

}  // namespace dispatch
