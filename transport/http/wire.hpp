#pragma once

// The answer as bytes. Inner header of the HTTP server.

#include <chrono>
#include <string>

#include "transport/http/message.hpp"

namespace dispatch::http_wire {

struct answer_form {
  bool with_body = true;  ///< false: HEAD
  bool keep_alive = true;
  bool version_10 = false;  ///< what the client speaks; 1.0 wants keep-alive said
};

/// Status line, headers and body. Line breaks in header values become spaces: nothing can add a header.
std::string serialize(const http_response& response, const answer_form& form,
                      std::chrono::system_clock::time_point now);

/// An answer of the server's own, application/problem+json (RFC 9457).
http_response problem(int status, std::string_view detail);

std::string_view reason_phrase(int status) noexcept;

}  // namespace dispatch::http_wire
