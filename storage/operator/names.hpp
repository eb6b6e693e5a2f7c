#pragma once

// Names that operators' records have in Redis and that the engine must agree with.

#include <string>
#include <string_view>

namespace dispatch {

/// The scope of the waiting list a paused job's rests are parked in ("job=TENANT/ID"). The engine parks there
/// and never reads it: resume and cancel move what it holds to the ready list.
inline std::string job_scope(std::string_view tenant, std::string_view id) {
  return std::string("job=").append(tenant).append("/").append(id);
}

/// The set of lanes nothing is read from.
inline std::string paused_lanes_key(std::string_view name_space) {
  return std::string(name_space).append(":paused");
}

}  // namespace dispatch
