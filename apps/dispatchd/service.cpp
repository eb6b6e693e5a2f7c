#include "apps/dispatchd/service.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>

#include "actors/build_info.hpp"
#include "actors/engine.hpp"
#include "actors/log.hpp"
#include "actors/metrics.hpp"
#include "api/admin.hpp"
#include "apps/dispatchd/event_queue.hpp"
#include "apps/dispatchd/ingestion.hpp"
#include "transport/files/regular_file.hpp"
#include "transport/io_thread.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

// live_settings keeps what was replaced for a minute: so many reloads a second bound how much that is.
constexpr auto least_between_reloads = 1s;
constexpr auto long_wait = std::chrono::hours(1);

log::level level_of(const std::string& text) {
  if (text == "trace") return log::level::trace;
  if (text == "debug") return log::level::debug;
  if (text == "warn") return log::level::warn;
  if (text == "error") return log::level::error;
  return log::level::info;
}

std::string joined(const std::vector<std::string>& parts, std::string_view by) {
  std::string all;
  for (const auto& part : parts) all.append(all.empty() ? "" : by).append(part);
  return all;
}

class service {
 public:
  service(const settings& config, const service_options& options)
      : config_(config), options_(options), with_http_(config.http.open), manager_(options.manager) {
    engine_callbacks calls;
    calls.ended = [this](int code) {
      code_ = code;
      events_.push(service_event::ended);
    };
    calls.readiness_changed = [this] { events_.push(service_event::readiness); };
    calls.alive = [this] { events_.push(service_event::alive); };
    auto made = engine::make(config, measures_, std::move(calls));
    if (const auto* wrong = std::get_if<std::string>(&made)) throw std::invalid_argument(*wrong);
    engine_ = std::get<std::unique_ptr<engine>>(std::move(made));
    if (!config.admin.listen.empty()) open_admin();
    if (with_http_)
      open_ingestion();
    else
      log::info("http_off", {{"detail", "nobody is configured who may call, or http.listen is empty"}});
  }

  ~service() {
    std::unique_ptr<ingestion> last;
    {
      const std::scoped_lock lock(ingestion_guard_);
      last = std::move(ingestion_);
    }
    last.reset();
    if (admin_) admin_->stop();
  }

  int run(signal_watch& signals) {
    engine_->start();
    signals.on_terminate([this] { events_.push(service_event::terminate); });
    signals.on_reload([this] { events_.push(service_event::reload); });
    if (const auto every = manager_.alive_interval()) next_alive_ = steady::now() + *every;
    while (!ended_) {
      const auto event = events_.pop_until(std::min(next_alive_, next_reload_));
      if (event) handle(*event);
      on_time(steady::now());
    }
    signals.on_reload(nullptr);
    signals.on_terminate(nullptr);
    manager_.stopping("stopped");
    log::info("stopped", {{"code", code_.load()}});
    return code_;
  }

 private:
  /// Of the engine alone, without what only operators may read.
  readiness engine_readiness() const {
    const auto now = engine_->ready();
    return {now.ready, now.reason};
  }

  /// Every door works: the engine has its lease, and the HTTP side, which listens, its own way to Redis. Any
  /// thread.
  engine::readiness whole_readiness() const {
    auto now = engine_->ready();
    if (!now.ready || !with_http_) return now;
    const std::scoped_lock lock(ingestion_guard_);
    auto http = ingestion_ ? ingestion_->ready() : engine::readiness{false, "starting", {}, {}};
    http.note = std::move(now.note);
    return http;
  }

  static std::string missing_in(const engine::readiness& now) {
    return now.detail.empty() ? now.reason : now.reason + ": " + now.detail;
  }

  void open_ingestion() {
    auto made = std::make_unique<ingestion>(
        config_,
        ingestion::context{measures_, [this] { return engine_readiness(); },
                           [this] { events_.push(service_event::readiness); }, options_.insecure_dev});
    const std::scoped_lock lock(ingestion_guard_);
    ingestion_ = std::move(made);
    log::info("http_listening",
              {{"port", ingestion_->port()}, {"tls", !config_.http.tls_certificate_file.empty()}});
  }

  void open_admin() {
    admin_sources sources;
    sources.metrics = [this] { return measures_.exposition(); };
    sources.ready = [this] {
      auto now = whole_readiness();
      return readiness{now.ready, missing_in(now), std::move(now.note)};
    };
    sources.answered = [this](std::string_view route, int status, std::chrono::nanoseconds took) {
      measures_.http_request(route, status, took);
    };
    sources.version = build_version();
    sources.revision = build_revision();
    admin_thread_ = std::make_unique<io_thread>("dispatch-admin");
    const auto& how = config_.admin;
    admin_ = std::make_unique<admin_server>(*admin_thread_, admin_options{how.listen, how.allow, how.deny},
                                            std::move(sources));
    log::info("admin_listening", {{"port", admin_->port()}});
  }

  void handle(service_event what) {
    switch (what) {
      case service_event::ended:
        ended_ = true;
        break;
      case service_event::terminate:
        // First the engine: 100 ms are promised until it takes no new work.
        engine_->drain();
        if (ingestion_) ingestion_->drain();
        draining_ = true;
        manager_.stopping("draining");
        break;
      case service_event::reload:
        next_reload_ = std::min(next_reload_, reloaded_at_ + least_between_reloads);
        break;
      case service_event::readiness:
        tell_readiness();
        break;
      case service_event::alive:
        manager_.alive();
        break;
    }
  }

  void on_time(steady::time_point now) {
    if (now >= next_alive_) {
      // Answered by the engine's threads, not from here: that this thread waits well proves nothing.
      engine_->check_alive();
      next_alive_ = now + manager_.alive_interval().value_or(long_wait);
    }
    if (now >= next_reload_ && !ended_) {
      next_reload_ = steady::time_point::max();
      reloaded_at_ = now;
      if (!draining_) reload();
    }
  }

  /// For the service manager: one line, in a few words.
  static std::string text_of(const engine::readiness& now) {
    return now.ready ? "ready" : "not ready: " + now.reason;
  }

  void tell_readiness() {
    if (draining_) return;
    const auto now = whole_readiness();
    log_readiness(now);
    if (!announced_ && now.ready) {
      announced_ = true;
      manager_.ready(text_of(now));
    } else {
      manager_.status(text_of(now));
    }
  }

  /// Once per change. The steps of a start are no news while nothing is wrong; what is not safe has a line of
  /// its own.
  void log_readiness(const engine::readiness& now) {
    const auto missing = now.ready ? std::string() : missing_in(now);
    if (!announced_ && !now.ready && now.detail.empty()) return;
    if (said_missing_ && *said_missing_ == missing) return;
    said_missing_ = missing;
    if (now.ready)
      log::info("ready");
    else
      log::warn("not_ready", {{"missing", missing}});
  }

  void reload() {
    // Before the first READY=1 a second one would say that the start is over.
    if (announced_) manager_.reloading();
    const auto refusal = try_reload();
    measures_.config_reloaded(refusal.empty());
    if (!refusal.empty()) log::error("reload_refused", {{"problems", refusal}});
    if (announced_) manager_.ready(text_of(whole_readiness()) + (refusal.empty() ? "" : "; reload refused"));
  }

  /// Why nothing changed, or nothing: the new settings are in force then.
  std::string try_reload() {
    const auto loaded = load_config(options_.config_file, current_environment(), options_.insecure_dev);
    if (!loaded.ok()) {
      std::vector<std::string> problems;
      for (const auto& problem : loaded.errors) problems.push_back(to_string(problem));
      return joined(problems, "; ");
    }
    auto waiting = keys_needing_restart(config_, loaded.settings);
    const auto next = reloaded(config_, loaded.settings);
    auto prepared = engine_->prepare_reload(next);
    if (const auto* wrong = std::get_if<std::string>(&prepared)) return *wrong;
    auto incoming = prepare_ingestion(next);
    if (const auto* wrong = std::get_if<std::string>(&incoming)) return *wrong;
    try {
      // The last step that can fail. Also without a change: the file may have been rotated away.
      open_log(next.log);
    } catch (const std::exception& e) {
      return e.what();
    }
    auto& change = std::get<engine_reload>(prepared);
    change.apply();
    if (ingestion_) ingestion_->replace(std::get<ingestion_reload>(std::move(incoming)));
    config_ = next;
    for (const auto& problem : loaded.warnings) log::warn("config", {{"detail", to_string(problem)}});
    waiting.insert(waiting.end(), change.needing_restart.begin(), change.needing_restart.end());
    log::info("reloaded", {{"new_credentials", joined(change.credentials, ", ")},
                           {"new_apps", joined(change.added, ", ")},
                           {"removed_apps", joined(change.removed, ", ")},
                           {"waiting_for_restart", joined(waiting, ", ")}});
    return {};
  }

  settings config_;  ///< in force
  service_options options_;
  const bool with_http_;
  service_manager manager_;
  event_queue events_;
  std::atomic<int> code_{0};
  bool ended_ = false;
  bool draining_ = false;
  bool announced_ = false;
  steady::time_point next_alive_ = steady::time_point::max();
  steady::time_point next_reload_ = steady::time_point::max();
  steady::time_point reloaded_at_{};
  metrics measures_;
  std::unique_ptr<engine> engine_;
  std::unique_ptr<io_thread> admin_thread_;
  std::unique_ptr<admin_server> admin_;
  mutable std::mutex ingestion_guard_;  ///< the admin side asks while this is made, and unmade
  std::unique_ptr<ingestion> ingestion_;
  std::optional<std::string> said_missing_;  ///< as logged last; empty: nothing
};

}  // namespace

void open_log(const log_settings& how) {
  // The same look --check-config takes; the log's library would make missing folders on its own.
  if (!how.file.empty())
    if (const auto wrong = why_unwritable(how.file); !wrong.empty())
      throw std::invalid_argument("log.file: " + wrong);
  log::open(level_of(how.level), how.file);
}

int run_service(const settings& config, const service_options& options, signal_watch& signals) {
  return service(config, options).run(signals);
}

}  // namespace dispatch
