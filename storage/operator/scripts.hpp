#pragma once

// The operators' Lua scripts (storage/operator/*.lua), embedded at build time. Unlike the engine's they carry
// no epoch: an operator owns nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dispatch::operators {

enum class script : std::uint8_t {
  cancel,
  pause,
  resume,
  pause_lane,
  force_breaker,
  decide,
  forget_tokens,
  dead_page,
  redrive,
  send_as_new,
  purge
};
inline constexpr std::size_t script_count = 11;

struct script_source {
  script which;
  std::string_view name;
  std::string_view text;
};
/// In the order of the enum.
extern const std::array<script_source, script_count> script_sources;

}  // namespace dispatch::operators
