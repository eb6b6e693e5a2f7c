#pragma once

// The Retry-After header (RFC 9110, 10.2.3): delta-seconds or an HTTP-date in one of its three forms
// (RFC 9110, 5.6.7: IMF-fixdate, RFC 850, asctime).

#include <chrono>
#include <optional>
#include <string_view>

namespace dispatch {

inline constexpr std::chrono::milliseconds max_retry_after{std::chrono::hours{24}};

/// How long to wait from `now` (milliseconds since the Unix epoch): never negative (a date that has passed is
/// 0), at most `longest`. nullopt when malformed. The date's day name must be one, but need not fit the date.
/// Any thread, no allocation.
std::optional<std::chrono::milliseconds> parse_retry_after(
    std::string_view value, std::chrono::milliseconds now,
    std::chrono::milliseconds longest = max_retry_after);

/// Milliseconds since the Unix epoch. `now` places the two-digit year of the RFC 850 form, which is never
/// more than 50 years ahead.
std::optional<std::chrono::milliseconds> parse_http_date(std::string_view value,
                                                         std::chrono::milliseconds now);

}  // namespace dispatch
