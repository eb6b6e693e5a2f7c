#pragma once

// Timestamps of RFC 3339, strict, without locale or time zone of the host. Milliseconds since the Unix epoch,
// negative before it. Any thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// date-time of section 5.6: offset required, `T` and `Z` in either case, no blank as separator. Fractions
/// beyond milliseconds are cut (9 digits at most are accepted). A leap second is accepted where one can be
/// (23:59:60 UTC at a month's end) and counts as the second after it. nullopt otherwise, also for years under
/// 0001.
std::optional<std::chrono::milliseconds> parse_rfc3339(std::string_view text);

/// 2026-11-23T18:00:00.000Z, always with three digits of fraction. Years outside 0001-9999 are clamped.
std::string format_rfc3339(std::chrono::milliseconds since_epoch);

}  // namespace dispatch
