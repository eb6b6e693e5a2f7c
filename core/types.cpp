#include "core/types.hpp"

namespace dispatch {
namespace {

constexpr std::array<std::string_view, lane_count> lane_names{"high", "normal", "bulk", "results"};
constexpr std::array<std::string_view, platform_count> platform_names{"android", "ios", "web", "email",
                                                                      "webhook"};
constexpr std::array<std::string_view, provider_count> provider_names{"fcm", "apns", "webpush", "smtp",
                                                                      "webhook"};
constexpr std::array<std::string_view, outcome_count> outcome_names{
    "delivered", "failed", "invalid_token", "quarantined", "suppressed", "expired", "cancelled", "dead"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view text) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(lane value) noexcept {
  return lane_names[index_of(value)];
}
std::string_view to_string(platform value) noexcept {
  return platform_names[index_of(value)];
}
std::string_view to_string(provider value) noexcept {
  return provider_names[index_of(value)];
}
std::string_view to_string(outcome value) noexcept {
  return outcome_names[index_of(value)];
}

std::optional<lane> parse_lane(std::string_view text) noexcept {
  return find<lane>(lane_names, text);
}
std::optional<lane> parse_job_lane(std::string_view text) noexcept {
  const auto which = parse_lane(text);
  return which == lane::results ? std::nullopt : which;
}
std::optional<platform> parse_platform(std::string_view text) noexcept {
  return find<platform>(platform_names, text);
}
std::optional<provider> parse_provider(std::string_view text) noexcept {
  return find<provider>(provider_names, text);
}
std::optional<outcome> parse_outcome(std::string_view text) noexcept {
  return find<outcome>(outcome_names, text);
}

}  // namespace dispatch
