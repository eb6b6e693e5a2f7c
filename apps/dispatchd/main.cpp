// dispatchd: the engine. This file only composes: command line, configuration, log, metrics, admin listener,
// engine, signals.

#include <CLI/CLI.hpp>
#include <csignal>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <variant>

#include "actors/build_info.hpp"
#include "actors/engine.hpp"
#include "actors/log.hpp"
#include "actors/metrics.hpp"
#include "api/admin.hpp"
#include "apps/dispatchd/config/config.hpp"
#include "apps/dispatchd/signals.hpp"
#include "transport/io_thread.hpp"

namespace {

using namespace dispatch;

enum exit_code : int { done = 0, failed = 1, wrong_usage = 2, wrong_configuration = 78 };

struct arguments {
  std::string config;
  bool check = false;
  bool print = false;
};

log::level level_of(const std::string& text) {
  if (text == "trace") return log::level::trace;
  if (text == "debug") return log::level::debug;
  if (text == "warn") return log::level::warn;
  if (text == "error") return log::level::error;
  return log::level::info;
}

admin_sources sources_of(metrics& measures, const engine& dispatcher) {
  admin_sources sources;
  sources.metrics = [&measures] { return measures.exposition(); };
  sources.ready = [&dispatcher] {
    const auto now = dispatcher.ready();
    return readiness{now.ready, now.reason};
  };
  sources.answered = [&measures](std::string_view route, int status, std::chrono::nanoseconds took) {
    measures.http_request(route, status, took);
  };
  sources.version = build_version();
  sources.revision = build_revision();
  return sources;
}

int run(const settings& config, signal_watch& signals) {
  metrics measures;
  std::promise<int> ended;
  auto made = engine::make(config, measures, {[&ended](int code) { ended.set_value(code); }});
  if (const auto* wrong = std::get_if<std::string>(&made)) {
    std::cerr << "dispatchd: " << *wrong << '\n';
    return wrong_configuration;
  }
  const auto dispatcher = std::get<std::unique_ptr<engine>>(std::move(made));

  std::unique_ptr<io_thread> admin_thread;
  std::unique_ptr<admin_server> admin;
  if (!config.admin.listen.empty()) {
    admin_thread = std::make_unique<io_thread>("dispatch-admin");
    admin = std::make_unique<admin_server>(
        *admin_thread, admin_options{config.admin.listen, config.admin.allow, config.admin.deny},
        sources_of(measures, *dispatcher));
    log::info("admin_listening", {{"port", admin->port()}});
  }

  dispatcher->start();
  auto outcome = ended.get_future();
  signals.on_terminate([&dispatcher] { dispatcher->drain(); });
  const int code = outcome.get();
  signals.on_terminate(nullptr);
  log::info("stopped", {{"code", code}});
  if (admin) admin->stop();
  return code == 0 ? done : failed;
}

}  // namespace

int main(int argc, char** argv) {
  // Before any thread: signals are taken by one thread of our own, so that no handler runs anywhere.
  signal_watch signals;

  arguments given;
  CLI::App app{"The Duru Dispatch engine: reads notification jobs from Redis streams and delivers them."};
  app.add_option("--config", given.config, "TOML file (configs/dispatchd.toml documents every key)");
  app.add_flag("--check-config", given.check, "Check the configuration and exit (0, or 78 with the errors)");
  app.add_flag("--print-config", given.print,
               "Print every key with its value and origin; secrets are redacted");
  app.set_version_flag(
      "--version", "dispatchd " + std::string(build_version()) + " (" + std::string(build_revision()) + ")");
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? done : wrong_usage;
  }

  const auto loaded = load_config(given.config, current_environment());
  for (const auto& problem : loaded.errors) std::cerr << to_string(problem) << '\n';
  if (!loaded.ok()) return wrong_configuration;
  if (given.print) std::cout << print_config(loaded.settings, loaded.origins);
  if (given.print || given.check) return done;

  try {
    log::open(level_of(loaded.settings.log.level), loaded.settings.log.file);
    for (const auto& problem : loaded.warnings) log::warn("config", {{"detail", to_string(problem)}});
    return run(loaded.settings, signals);
  } catch (const std::invalid_argument& e) {
    std::cerr << "dispatchd: " << e.what() << '\n';
    return wrong_configuration;
  } catch (const std::exception& e) {
    std::cerr << "dispatchd: " << e.what() << '\n';
    return failed;
  }
}
