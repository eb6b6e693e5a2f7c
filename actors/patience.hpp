#pragma once

// How long recipients are tried where the answer is not `[retry]`: webhooks have a schedule, and hosts that
// strangers name may never be reached. Any thread.

#include <chrono>
#include <optional>
#include <span>

#include "actors/run.hpp"
#include "actors/scope_table.hpp"
#include "actors/settings.hpp"

namespace dispatch {

/// The waits between a webhook's attempts, as long as `config` lives; nullopt where `[retry]` holds.
std::optional<std::span<const std::chrono::milliseconds>> own_schedule(const settings& config,
                                                                       const scope_info& to);

/// A host that cannot be reached costs its recipients no attempt, and a stranger's may stay away for ever. So
/// whoever has been due for as long as all attempts of a webhook take, or as a push service would keep the
/// message, is not waited for any more.
bool is_given_up(const settings& config, const scope_info& to, const run& owner, epoch_ms now);

}  // namespace dispatch
