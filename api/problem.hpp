#pragma once

// Errors as the HTTP side says them: application/problem+json (RFC 9457).

#include <string>
#include <string_view>

#include "transport/http/message.hpp"

namespace dispatch {

/// `detail` is for people; it is escaped, and must hold no secret.
http_response problem_response(int status, std::string_view title, std::string_view detail);

/// `text` as a JSON string with its quotes; bytes that are not ASCII become \u00XX.
std::string json_quoted(std::string_view text);

}  // namespace dispatch
