#pragma once

// Errors as the HTTP side says them: application/problem+json (RFC 9457).

#include <string>
#include <string_view>
#include <utility>

#include "transport/http/message.hpp"

namespace dispatch {

/// `detail` is for people; it is escaped, and must hold no secret.
http_response problem_response(int status, std::string_view title, std::string_view detail);
/// With the status's own title. `pointer` is the JSON Pointer (RFC 6901) to what is wrong in the request's
/// document; empty: the whole of it.
http_response problem_response(int status, std::string_view detail);
http_response pointed_problem(int status, std::string_view pointer, std::string_view detail);

/// Of every answer: what it is stands in Content-Type, whatever it looks like (the Fetch standard,
/// "nosniff").
inline const std::pair<std::string, std::string> no_sniffing{"X-Content-Type-Options", "nosniff"};

/// `text` as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD.
std::string json_quoted(std::string_view text);

}  // namespace dispatch
