#pragma once

// `dispatchctl load`: fills a lane with generated jobs, at once or at a pace.

#include <string>

#include "apps/dispatchctl/load_plan.hpp"
#include "apps/dispatchctl/session.hpp"
#include "core/types.hpp"

namespace dispatch::ctl {

struct load_command {
  load_options plan;
  dispatch::lane lane = dispatch::lane::normal;
  double rate = 0;  ///< jobs a second, 0 = as fast as Redis takes them
  /// One line per recipient: microseconds since the epoch just before its job was written to Redis, tenant,
  /// job, index, platform, the token's fate, dedupe key; separated by tabs. For measuring from outside.
  std::string record_file;
  bool json = false;
  bool quiet = false;  ///< no progress bar
};

/// Stops between two writes on Ctrl-C and says what was stored. Throws usage_error for unusable options.
int run_load(session& redis, const load_command& command);

}  // namespace dispatch::ctl
