#pragma once

// What a submission server's reply to a message means, by its enhanced status code (RFC 3463) where it has
// one, else by the reply code (RFC 5321 4.2). Every row has a test.

#include <span>
#include <string>

#include "transport/providers/answer/answer_table.hpp"

namespace dispatch {

std::span<const answer_row> smtp_answer_table() noexcept;

verdict classify_smtp(const provider_answer& answer);

/// The server's name for a message it took ("queued as 4XyZ"); empty when it says none.
std::string queue_id(const provider_answer& answer);

}  // namespace dispatch
