#pragma once

// What a webhook receiver's answer means. Source: the Standard Webhooks specification, "Delivery"; every row
// has a test.

#include <span>

#include "core/types.hpp"
#include "transport/providers/answer/answer_table.hpp"

namespace dispatch {

std::span<const answer_row> webhook_answer_table() noexcept;

verdict classify_webhook(const provider_answer& answer, epoch_ms now);

}  // namespace dispatch
