#pragma once

// What a push service's answer means. Sources: RFC 8030 sections 5 to 8, the errno of Mozilla's autopush,
// the texts of FCM's and Apple's push services; every row has a test.

#include <span>

#include "transport/providers/answer/answer_table.hpp"

namespace dispatch {

std::span<const answer_row> webpush_answer_table() noexcept;

verdict classify_webpush(const provider_answer& answer, epoch_ms now);

}  // namespace dispatch
