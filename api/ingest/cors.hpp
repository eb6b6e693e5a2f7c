#pragma once

// Cross-origin requests of browsers (the Fetch standard, section 3.2), by allow-list.

#include <optional>

#include "api/ingest/settings.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

/// The answer to a preflight; nullopt when the request is none. It needs no credential, for browsers send
/// none with it, and an origin that is not allowed is told nothing.
std::optional<http_response> preflight(const http_request& request, const cors_settings& rules);

/// Adds what lets the page of that Origin read the answer. With a list, also Vary, allowed or not: the answer
/// is then another one for another origin.
void add_cors(http_response& answer, std::string_view origin, const cors_settings& rules);

}  // namespace dispatch
