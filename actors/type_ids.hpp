#pragma once

// The messages may travel between actors of this process without serialisers: nothing here is ever published
// to a network or written to disk by CAF. (CAF serialises whitelisted types to nothing, silently.)

#include <caf/allowed_unsafe_message_type.hpp>

#include "actors/messages.hpp"

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::work_batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::completion_batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::answers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::retry_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::returned_items)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::ready_items)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::settlement)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::confirmed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::gate_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::hold_scope)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::permit_demand)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::permit_grant)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::read_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::accept_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::audience_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::tokens_known)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::dead_tokens)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::scope_doubt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::suspects_marked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::paused_lanes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::woken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::lapsed_consumers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::write_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::leased)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::breaker_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::probes_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::lease_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::channel_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::control_notice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::start)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::drain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dispatch::drained)
