#pragma once

// Questions about a job's message that more than one provider's mapping asks.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "core/job/job.hpp"

namespace dispatch {

/// Something a user sees: else the message is data for the app.
inline bool is_visible(const message& what) noexcept {
  return !what.title.empty() || !what.body.empty();
}

inline bool has_data(const message& what, std::string_view name) noexcept {
  for (const auto& [key, value] : what.data)
    if (key == name) return true;
  return false;
}

inline std::int64_t epoch_seconds(epoch_ms when) noexcept {
  return std::chrono::floor<std::chrono::seconds>(when).count();
}

/// The name under which every attempt carries its dedupe key to the app.
inline constexpr std::string_view dispatch_id_name = "dispatch_id";

}  // namespace dispatch
