#pragma once

// Every actor of the engine and every message it takes: the system's map. Hot messages stand first, because
// CAF tries a behaviour's clauses in order.
//
//   redis ──read──► intake ──work_batch──► sender ──► channel (io thread, HTTP/2) ──completions──► tracker
//                   │  ▲  ▲                                                                     │    │
//     permit_demand │  │  └──────────── room, confirmed ────────────────────────────────────────┘    │
//     answers
//                   ▼  │ permit_grant                                                                 ▼
//                 limiter           ready_items ◄── retry ◄── retry_batch ── supervisor (breakers, children)

#include <caf/typed_actor.hpp>

#include "actors/type_ids.hpp"

namespace dispatch {

/// Reads jobs, keeps them in lanes and turns, hands out what scopes can take.
using intake_actor =
    caf::typed_actor<caf::reacts_to<room>,              // tracker: a scope's window has room
                     caf::reacts_to<confirmed>,         // tracker: Redis confirmed ends
                     caf::reacts_to<read_done>,         // store: entries
                     caf::reacts_to<accept_done>,       // store: jobs made known (or refused)
                     caf::reacts_to<ready_items>,       // retry: start these again
                     caf::reacts_to<permit_grant>,      // limiter: may start
                     caf::reacts_to<audience_read>,     // store: recipients of an audience
                     caf::reacts_to<tokens_known>,      // store: which tokens are dead
                     caf::reacts_to<dead_tokens>,       // tracker: … and which have come to be
                     caf::reacts_to<suspects_marked>,   // store: they may start
                     caf::reacts_to<woken>,             // store: something new came in
                     caf::reacts_to<sampled_lanes>,     // supervisor
                     caf::reacts_to<gate_change>,       // supervisor: a breaker opened, closed, probes
                     caf::reacts_to<hold_scope>,        // tracker: 429 of a whole project
                     caf::reacts_to<waiting_origins>,   // supervisor: where work waits
                     caf::reacts_to<leaving_scopes>,    // retry: which origins may go
                     caf::reacts_to<lapsed_consumers>,  // supervisor: whose work to take over
                     caf::reacts_to<tick>,              // self
                     caf::reacts_to<start>,             // supervisor
                     caf::reacts_to<drain>>;            // supervisor

/// Renders requests for one platform and gives them to the channels.
using sender_actor = caf::typed_actor<caf::reacts_to<work_batch_ptr>>;

/// Judges answers, counts outcomes, writes checkpoints.
using tracker_actor = caf::typed_actor<caf::reacts_to<completion_batch_ptr>,  // channel
                                       caf::reacts_to<write_done>,            // store
                                       caf::reacts_to<settlement>,            // retry, intake
                                       caf::reacts_to<scope_doubt>,           // supervisor
                                       caf::reacts_to<leaving_scopes>,        // intake
                                       caf::reacts_to<tick>,                  // self
                                       caf::reacts_to<drained>>;              // intake

/// Holds failed items until they may be tried again.
using retry_actor =
    caf::typed_actor<caf::reacts_to<retry_batch>,     // supervisor
                     caf::reacts_to<returned_items>,  // intake: parked ones whose time has come
                     caf::reacts_to<leaving_scopes>,  // supervisor
                     caf::reacts_to<tick>,            // self
                     caf::reacts_to<drain>>;          // supervisor

/// A shard of the rate limits: leases permits from Redis and grants them on demand.
using limiter_actor = caf::typed_actor<caf::reacts_to<permit_demand>,  // intake
                                       caf::reacts_to<leased>,         // store
                                       caf::reacts_to<tick>>;          // self

/// Breakers, the lease, the children.
using supervisor_actor = caf::typed_actor<caf::reacts_to<answers>,         // tracker
                                          caf::reacts_to<channel_event>,   // channels
                                          caf::reacts_to<scope_added>,     // intake, a reload
                                          caf::reacts_to<leaving_scopes>,  // tracker
                                          caf::reacts_to<breaker_loaded>,  // store
                                          caf::reacts_to<probes_taken>,    // store
                                          caf::reacts_to<lease_answer>,    // store
                                          caf::reacts_to<control_notice>,  // intake
                                          caf::reacts_to<tick>,            // self
                                          caf::reacts_to<drain>,           // engine
                                          caf::reacts_to<drained>>;        // tracker

}  // namespace dispatch
