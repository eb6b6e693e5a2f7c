#pragma once

// The process once its configuration is known: engine, admin listener, signals and service manager put
// together, and the loop in which the main thread waits for what happens to them.

#include <string>

#include "apps/dispatchd/config/config.hpp"
#include "apps/dispatchd/sd_notify.hpp"
#include "apps/dispatchd/signals.hpp"

namespace dispatch {

struct service_options {
  std::string config_file;  ///< read again at a reload; empty: defaults and environment
  service_manager manager;
  bool insecure_dev = false;  ///< HTTP ingestion without credentials, on a loopback address
};

/// What log.level says; info for a word it does not know.
void open_log(const log_settings& how);

/// Runs until the engine has ended; 0 = drained as asked. Throws std::invalid_argument for settings that turn
/// out not to be usable, std::runtime_error when a listener or the log cannot be had.
int run_service(const settings& config, const service_options& options, signal_watch& signals);

}  // namespace dispatch
