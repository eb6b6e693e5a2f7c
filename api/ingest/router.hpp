#pragma once

// Which operation a target means. Paths are compared as they came: nothing here needs an escape or a dot
// segment, so a path with one is simply not there.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dispatch {

enum class operation : std::uint8_t {
  submit_job,
  append_audience,
  job_status,
  cancel_job,
  pause_job,
  resume_job,
  webhook,
  push,
  health,
  readiness,
  openapi
};

struct route {
  std::string_view pattern;  ///< "/v1/jobs/{id}": for metrics and logs, never the path as it came
  std::string_view method;   ///< the one it takes
  operation what;
};

struct route_match {
  const route* found = nullptr;  ///< nullptr: see `allow`
  std::string allow;             ///< not empty: the path is there, for these methods
  std::string_view pattern;      ///< "other": there is no such path
  std::string_view name;         ///< what stands for {id}, {name} or {source}; part of the target
};

route_match find_route(std::string_view method, std::string_view target);

/// All there are, for whoever describes or measures them.
std::span<const route> all_routes() noexcept;

std::string_view query_of(std::string_view target) noexcept;

}  // namespace dispatch
