#include "actors/intake/intake.hpp"

#include <memory>
#include <utility>

#include "actors/intake/intake_state.hpp"

namespace dispatch {

std::shared_ptr<intake_state> make_intake_state(std::shared_ptr<const engine_parts> parts) {
  return std::make_shared<intake_state>(std::move(parts));
}

intake_actor::behavior_type intake(intake_actor::pointer self, const std::shared_ptr<intake_state>& state) {
  const auto me = state->place();
  log_exceptions(self, me.actor());
  state->attach(self);
  return {on<room>(me, [state](const room& m) { state->answered(m); }),
          on<confirmed>(me, [state](const confirmed& m) { state->confirm(m); }),
          on<read_done>(me, [state](const read_done& m) { state->take_read(m); }),
          on<accept_done>(me, [state](const accept_done& m) { state->take_accepted(m); }),
          on<ready_items>(me, [state](const ready_items& m) { state->start_again(m); }),
          on<permit_grant>(me, [state](const permit_grant& m) { state->granted(m); }),
          on<audience_read>(me, [state](const audience_read& m) { state->take_window(m); }),
          on<tokens_known>(me, [state](const tokens_known& m) { state->take_known(m); }),
          on<dead_tokens>(me, [state](const dead_tokens& m) { state->learn_dead(m); }),
          on<suspects_marked>(me, [state](const suspects_marked& m) { state->run_suspects(m); }),
          on<woken>(me, [state](const woken& m) { state->wake(m); }),
          on<sampled_lanes>(me, [state](const sampled_lanes& m) { state->look_at(m); }),
          on<gate_change>(me, [state](const gate_change& m) { state->change_gate(m); }),
          on<hold_scope>(me, [state](const hold_scope& m) { state->hold(m); }),
          on<waiting_origins>(me, [state](const waiting_origins& m) { state->look_at(m); }),
          on<leaving_scopes>(me, [state](const leaving_scopes& m) { state->let_go(m); }),
          on<lapsed_consumers>(me, [state](const lapsed_consumers& m) { state->take_over(m); }),
          on<tick>(me, [state](const tick& m) { state->on_tick(m); }),
          on<start>(me, [state](const start&) { state->begin(); }),
          on<drain>(me, [state](const drain&) { state->start_draining(); })};
}

}  // namespace dispatch
