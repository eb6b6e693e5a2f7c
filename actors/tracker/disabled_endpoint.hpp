#pragma once

// A webhook's receiver has said that it wants no more (410). That has no end of its own: its URL is
// suppressed like a dead token, for as long as anybody will care, and listed for operators, who enable it
// again.

#include <chrono>
#include <string>
#include <string_view>

#include "core/job/job.hpp"

namespace dispatch {

/// Redis wants an end for every suppression; this one outlives us.
inline constexpr std::chrono::milliseconds disabled_endpoint_time{std::chrono::years{100}};

/// Its entry in NS:endpoints: {"scope", "url", "tenant", "reason", "at"}. The URL is in clear: an operator
/// must know what to enable.
std::string disabled_endpoint_entry(std::string_view scope, const job& document, const recipient& who,
                                    std::string_view reason, epoch_ms now);

}  // namespace dispatch
