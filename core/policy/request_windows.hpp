#pragma once

// How many requests a credential may make. Fixed windows on one clock (Redis's), UTC: a window begins with
// the minute, the hour, the day. Counted in storage/ingest/limits.lua.

#include <cstdint>

namespace dispatch {

/// Requests allowed in each window; 0: that window has no limit.
struct request_windows {
  std::uint32_t minute = 1'000, hour = 10'000, day = 100'000;
};

}  // namespace dispatch
