#pragma once

// The answer as bytes. Inner header of the HTTP server.

#include <chrono>
#include <string>

#include "transport/http/message.hpp"
#include "transport/http/request_reader.hpp"

namespace dispatch::http_wire {

/// Status line, headers and body. Line breaks in header values become spaces: nothing can add a header.
std::string serialize(const http_response& response, const answer_form& form,
                      std::chrono::system_clock::time_point now);

/// An answer of the server's own, application/problem+json (RFC 9457).
http_response problem(int status, std::string_view detail);

std::string_view reason_phrase(int status) noexcept;

}  // namespace dispatch::http_wire
