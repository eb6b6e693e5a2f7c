#pragma once

// What an answer of FCM HTTP v1 means. Source: Firebase's ErrorCode reference; every row has a test.

#include <span>
#include <string>

#include "core/types.hpp"
#include "transport/providers/answer/answer_table.hpp"

namespace dispatch {

std::span<const answer_row> fcm_answer_table() noexcept;

verdict classify_fcm(const provider_answer& answer, epoch_ms now, outcome sender_mismatch);
/// "projects/…/messages/…" of an accepted message, "" when the answer has none.
std::string fcm_message_name(const provider_answer& answer);

}  // namespace dispatch
