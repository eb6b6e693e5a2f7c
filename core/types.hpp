#pragma once

// The words of the contract as types: lanes, platforms, providers, outcomes. The strings are fixed; other
// programs read them in Redis, in metrics and in JSON.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch {

/// `results` is the engine's own: what it posts to tenants (docs/result-webhooks.md). Jobs come in the
/// others.
enum class lane : std::uint8_t { high, normal, bulk, results };
enum class platform : std::uint8_t { android, ios, web, email, webhook };
enum class provider : std::uint8_t { fcm, apns, webpush, smtp, webhook };
/// How a recipient ended. Every recipient of an accepted job ends in exactly one.
enum class outcome : std::uint8_t {
  delivered,
  failed,
  invalid_token,
  quarantined,
  suppressed,
  expired,
  cancelled,
  dead
};

inline constexpr std::size_t lane_count = 4;
inline constexpr std::size_t platform_count = 5;
inline constexpr std::size_t provider_count = 5;
inline constexpr std::size_t outcome_count = 8;

inline constexpr std::array<lane, lane_count> all_lanes{lane::high, lane::normal, lane::bulk, lane::results};
inline constexpr std::array<lane, 3> job_lanes{lane::high, lane::normal, lane::bulk};
inline constexpr std::array<platform, platform_count> all_platforms{
    platform::android, platform::ios, platform::web, platform::email, platform::webhook};
inline constexpr std::array<outcome, outcome_count> all_outcomes{
    outcome::delivered,  outcome::failed,  outcome::invalid_token, outcome::quarantined,
    outcome::suppressed, outcome::expired, outcome::cancelled,     outcome::dead};

std::string_view to_string(lane value) noexcept;
std::string_view to_string(platform value) noexcept;
std::string_view to_string(provider value) noexcept;
std::string_view to_string(outcome value) noexcept;

std::optional<lane> parse_lane(std::string_view text) noexcept;
/// Only those a job may be given to.
std::optional<lane> parse_job_lane(std::string_view text) noexcept;
std::optional<platform> parse_platform(std::string_view text) noexcept;
std::optional<provider> parse_provider(std::string_view text) noexcept;
std::optional<outcome> parse_outcome(std::string_view text) noexcept;

/// For indexing arrays by an enum.
template <class Enum>
constexpr std::size_t index_of(Enum value) noexcept {
  return static_cast<std::size_t>(value);
}

}  // namespace dispatch
