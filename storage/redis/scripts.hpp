#pragma once

// The engine's Lua scripts (storage/scripts/*.lua), embedded at build time.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dispatch::redis {

enum class script : std::uint8_t {
  acquire,
  renew,
  release,
  lapsed,
  take_over,
  read,
  accept,
  read_audience,
  write,
  move_due,
  lease_permits,
  store_breaker,
  take_probes,
  mark_suspects,
  absolve,
  suppress,
  sample,
  make_groups
};
inline constexpr std::size_t script_count = 18;

struct script_source {
  script which;
  std::string_view name;
  std::string_view text;
};
/// In the order of the enum.
extern const std::array<script_source, script_count> script_sources;

}  // namespace dispatch::redis
