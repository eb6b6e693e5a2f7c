#pragma once

// What an answer says of the caller's limits: X-RateLimit-Limit-Minute …, X-RateLimit-Remaining-Minute …, and
// RateLimit-Limit, -Remaining, -Reset of the tightest window; Retry-After (seconds) when it was refused.

#include <string>
#include <utility>
#include <vector>

#include "core/policy/request_windows.hpp"
#include "storage/ingest_store.hpp"

namespace dispatch {

/// Empty when no window has a limit. The tightest window is the one with the least left.
std::vector<std::pair<std::string, std::string>> limit_headers(const request_windows& windows,
                                                               const admit_answer& answer);

}  // namespace dispatch
