#include "actors/supervisor/scope_holds.hpp"

#include "core/policy/mass_invalid_guard.hpp"

namespace dispatch {

scope_holds::scope_holds(std::shared_ptr<const engine_parts> parts)
    : parts_(std::move(parts)),
      wanted_([](scope_number) { return false; }, parts_->scopes.generations()),
      held_(
          [this](scope_number scope) {
            parts_->measures->mass_invalid(parts_->scopes[scope].name, false);
            return false;
          },
          parts_->scopes.generations()) {}

bool scope_holds::lost(scope_number scope, const breaker_record& stored) {
  if (!wanted_[scope]) return false;
  wanted_[scope] =
      stored.state != to_string(breaker_state::forced_open) || stored.reason != mass_invalid_reason;
  return wanted_[scope];
}

void scope_holds::tell(scope_number scope, bool held) {
  if (held_[scope] == held) return;
  held_[scope] = held;
  const auto& name = parts_->scopes[scope].name;
  parts_->measures->mass_invalid(name, held);
  log::warn("mass_invalid_hold", {{"scope", name}, {"held", held ? "yes" : "no"}});
  const auto what = held ? scope_doubt::news::held : scope_doubt::news::released;
  parts_->tracker.send(scope_doubt{scope, what});
}

void scope_holds::decided(const decision_action& decision) {
  const auto what = decision.accepted ? scope_doubt::news::accepted : scope_doubt::news::discarded;
  const auto scope = parts_->scopes.find(decision.scope);
  if (!scope) return;
  wanted_[*scope] = false;
  log::info("mass_invalid_decision",
            {{"scope", decision.scope}, {"decision", decision.accepted ? "accept" : "discard"}});
  parts_->tracker.send(scope_doubt{*scope, what});
}

}  // namespace dispatch
