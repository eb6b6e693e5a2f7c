#pragma once

// The configuration: a TOML file and the environment become dispatch::settings, or a list of what is wrong.
// The keys are one table (registry.hpp); reading, printing and the shipped file all follow it.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "actors/settings.hpp"

namespace dispatch {

/// Where a value stands. For an environment variable `file` is "env NAME" and the line 0.
struct config_place {
  std::string file;
  std::uint32_t line = 0, column = 0;
};

struct config_problem {
  config_place place;
  std::string key;      ///< whole path: engine.io_threads; empty for a file that is no TOML
  std::string message;  ///< never holds the value of a secret
};

/// "FILE:LINE:COLUMN: KEY: MESSAGE" or "env NAME: KEY: MESSAGE".
std::string to_string(const config_problem& problem);

/// Keys that were set, by whole path; what is not in it has its default.
using config_origins = std::map<std::string, config_place>;
/// Variables by name; only DISPATCHD_… are looked at.
using environment = std::map<std::string, std::string>;

environment current_environment();

struct config_result {
  dispatch::settings settings;  ///< of use only when there are no errors
  config_origins origins;
  std::vector<config_problem> errors;    ///< any = exit 78, or the reload is refused
  std::vector<config_problem> warnings;  ///< for the log

  bool ok() const noexcept { return errors.empty(); }
};

/// `path` empty: defaults and environment only. Reads the file and looks whether the files it names can be
/// read; changes nothing. Any thread.
/// `insecure_dev` allows HTTP ingestion without credentials, on a loopback address.
config_result load_config(const std::string& path, const environment& env, bool insecure_dev = false);

/// Every key as `path = value  # origin`, itself TOML; origin is `default`, `FILE:LINE` or `env NAME`.
/// Secrets are redacted.
std::string print_config(const settings& values, const config_origins& origins);

/// The shipped configs/dispatchd.toml: every key with its default and a line of what it does.
std::string reference_config();

/// Keys whose values differ and which a reload cannot change: they need a restart.
std::vector<std::string> keys_needing_restart(const settings& before, const settings& after);

/// What is in force once `after` was loaded into a process that runs with `before`: its live keys and its
/// apps, of those that stay their live keys; the rest as it was.
settings reloaded(const settings& before, const settings& after);

}  // namespace dispatch
