#include "actors/intake/intake.hpp"

#include <memory>
#include <utility>

#include "actors/intake/intake_state.hpp"

namespace dispatch {

intake_actor::behavior_type intake(intake_actor::pointer self, intake_config config) {
  const auto me = config.parts->intake;
  log_exceptions(self, me.mailbox().actor);
  auto state = std::make_shared<intake_state>(self, std::move(config));
  return {on<room>(me, [state](const room& m) { state->answered(m); }),
          on<confirmed>(me, [state](const confirmed& m) { state->confirm(m); }),
          on<read_done>(me, [state](const read_done& m) { state->take_read(m); }),
          on<accept_done>(me, [state](const accept_done& m) { state->take_accepted(m); }),
          on<ready_items>(me, [state](const ready_items& m) { state->start_again(m); }),
          on<permit_grant>(me, [state](const permit_grant& m) { state->granted(m); }),
          on<woken>(me, [state](const woken& m) { state->wake(m); }),
          on<gate_change>(me, [state](const gate_change& m) { state->change_gate(m); }),
          on<hold_scope>(me, [state](const hold_scope& m) { state->hold(m); }),
          on<lapsed_consumers>(me, [state](const lapsed_consumers& m) { state->take_over(m); }),
          on<sender_restarted>(me, [state](const sender_restarted& m) { state->hand_again(m); }),
          on<tick>(me, [state](const tick& m) { state->on_tick(m); }),
          on<start>(me, [state](const start&) { state->begin(); }),
          on<drain>(me, [state](const drain&) { state->start_draining(); })};
}

}  // namespace dispatch
