#pragma once

// The answer as bytes, and what client and server write alike. Inner header of HTTP/1.1.

#include <chrono>
#include <string>

#include "transport/http/message.hpp"
#include "transport/http/request_reader.hpp"

namespace dispatch::http_wire {

/// Status line, headers and body. Line breaks in header values become spaces: nothing can add a header.
std::string serialize(const http_response& response, const answer_form& form,
                      std::chrono::system_clock::time_point now);

/// "NAME: VALUE" and CRLF; control characters in either become spaces.
void append_header(std::string& out, std::string_view name, std::string_view value);

/// An answer of the server's own, application/problem+json (RFC 9457).
http_response problem(int status, std::string_view detail);

std::string_view reason_phrase(int status) noexcept;

}  // namespace dispatch::http_wire
