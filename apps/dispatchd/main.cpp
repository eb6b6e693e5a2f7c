// dispatchd: the engine. This file is its command line and exit codes; what runs is put together in
// service.cpp.

#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "actors/build_info.hpp"
#include "actors/log.hpp"
#include "apps/dispatchd/service.hpp"
#include "apps/standard_streams.hpp"

namespace {

using namespace dispatch;

enum exit_code : int { done = 0, failed = 1, wrong_usage = 2, wrong_configuration = 78 };

constexpr const char* program = "dispatchd";

/// What was asked for is done when it has been said, too.
int ended(int code) {
  return finish_output(program) ? code : failed;
}

struct arguments {
  std::string config;
  bool check = false;
  bool print = false;
  bool insecure_dev = false;
};

}  // namespace

int main(int argc, char** argv) {
  reserve_standard_streams();
  // Before any thread: signals are taken by one thread of our own, so that no handler runs anywhere.
  signal_watch signals;

  arguments given;
  CLI::App app{"The Duru Dispatch engine: reads notification jobs from Redis streams and delivers them."};
  app.add_option("--config", given.config, "TOML file (configs/dispatchd.toml documents every key)");
  app.add_flag("--check-config", given.check, "Check the configuration and exit (0, or 78 with the errors)");
  app.add_flag("--print-config", given.print,
               "Print every key with its value and origin; secrets are redacted");
  app.add_flag("--insecure-dev", given.insecure_dev,
               "Take jobs over HTTP from anybody, on a loopback address; for development");
  app.set_version_flag(
      "--version", "dispatchd " + std::string(build_version()) + " (" + std::string(build_revision()) + ")");
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::ostringstream out, wrong;
    const auto code = app.exit(e, out, wrong);
    print_text(out.str());
    complain(program, wrong.str());
    return code == 0 ? ended(done) : wrong_usage;
  }

  const auto loaded = load_config(given.config, current_environment(), given.insecure_dev);
  for (const auto& problem : loaded.errors) std::cerr << to_string(problem) << '\n';
  if (!loaded.ok()) return wrong_configuration;
  if (given.print) print_text(print_config(loaded.settings, loaded.origins));
  if (given.print || given.check) return ended(done);

  try {
    open_log(loaded.settings.log);
    for (const auto& problem : loaded.warnings) log::warn("config", {{"detail", to_string(problem)}});
    const service_options options{given.config, service_manager::from_environment(), given.insecure_dev};
    return run_service(loaded.settings, options, signals) == 0 ? done : failed;
  } catch (const std::invalid_argument& e) {
    complain(program, e.what());
    return wrong_configuration;
  } catch (const std::exception& e) {
    complain(program, e.what());
    return failed;
  }
}
