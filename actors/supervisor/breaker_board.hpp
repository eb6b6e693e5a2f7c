#pragma once

// The breakers of all scopes, and how they agree with what other processes stored. Plain data; belongs to the
// supervisor, which does what the returned steps say.

#include <cstdint>
#include <string>
#include <vector>

#include "actors/by_scope.hpp"
#include "actors/messages.hpp"
#include "actors/settings.hpp"
#include "core/policy/circuit_breaker.hpp"

namespace dispatch {

class breaker_board {
 public:
  explicit breaker_board(const breaker_config& config,
                         by_scope<std::uint32_t>::generation_of generation = {});

  /// A reload: other settings from now on, states stay.
  void change(const breaker_config& config);

  struct step {
    bool changed = false;     ///< the state changed here: store it, tell the intake
    bool new_probes = false;  ///< half open, and probes of this process's round came back
  };

  /// What a batch of answers does to the scope's breaker.
  step record(scope_number scope, const std::vector<answers::health>& counted, epoch_ms now);
  /// A connection could not be made. Half open it is a probe's failure, where the probes are this process's:
  /// a probe that never got out says nothing itself.
  step record_unconnected(scope_number scope, epoch_ms now);
  /// What time does.
  step advance(scope_number scope, epoch_ms now);
  /// Forces it open because the provider calls too many tokens dead, whatever it was. Always a change.
  step hold(scope_number scope, epoch_ms now);
  /// It is so, here or as another process stored it.
  bool held(scope_number scope, epoch_ms now) const;
  /// What Redis holds, loaded or as the answer to a store. changed: tell the intake; nothing is to be stored.
  step adopt(scope_number scope, const breaker_record& record, epoch_ms now);
  /// The change made here did not get into Redis (away, or its record had expired): to be stored again.
  bool unsaved(scope_number scope) const { return entries_[scope].unsaved; }

  /// This process won the round's probes; how many may go out now.
  std::uint32_t own_round(scope_number scope, epoch_ms now);
  /// Probes of a round it owns that may go out (again).
  std::uint32_t probes(scope_number scope, epoch_ms now);

  breaker_state state(scope_number scope) const { return entries_[scope].breaker.state(); }
  bool passes_freely(scope_number scope) const {
    return state(scope) == breaker_state::closed || state(scope) == breaker_state::forced_closed;
  }
  /// The record to store for a change made here: its version is one more than the last seen in Redis. It
  /// counts as unsaved until adopt() has seen it.
  breaker_record next_record(scope_number scope, epoch_ms now);
  std::uint64_t version(scope_number scope) const { return entries_[scope].version; }
  bool owns_round(scope_number scope) const { return entries_[scope].owns_round; }

 private:
  struct scope_breaker {
    circuit_breaker breaker;
    std::uint64_t version = 0;  ///< last seen in Redis
    bool unsaved = false;
    bool owns_round = false;
  };
  breaker_config config_;
  by_scope<scope_breaker> entries_;
};

/// As metrics have it: 0 closed, 1 half open, 2 open.
int metric_value(breaker_state state) noexcept;

}  // namespace dispatch
