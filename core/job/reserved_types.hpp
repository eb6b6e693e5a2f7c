#pragma once

// Types of webhooks that only the engine sends: its receivers act on them, and the secret that signs them
// signs tenants' webhooks, too.

#include <array>
#include <string_view>

#include "core/job/job.hpp"

namespace dispatch {

inline constexpr std::array<std::string_view, 2> reserved_webhook_types{"job.completed", "job.outcomes"};

bool is_reserved_webhook_type(std::string_view type) noexcept;

/// Whether the job's overrides make its webhooks one of those, however it is written.
bool claims_reserved_type(const job& what);

}  // namespace dispatch
