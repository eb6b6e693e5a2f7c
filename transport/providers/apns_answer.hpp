#pragma once

// What an answer of APNs means. Source: Apple, "Handling notification responses from APNs"; every row has a
// test.

#include <span>

#include "core/types.hpp"
#include "transport/providers/answer/answer_table.hpp"

namespace dispatch {

std::span<const answer_row> apns_answer_table() noexcept;

verdict classify_apns(const provider_answer& answer, epoch_ms now, outcome bad_device_token);

}  // namespace dispatch
