#include "actors/engine.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <caf/all.hpp>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

#include "actors/channels.hpp"
#include "actors/parts.hpp"
#include "actors/redis_connection.hpp"
#include "actors/reference_clock.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "storage/redis_store.hpp"

namespace dispatch {
namespace {

// Unique per process life: what an earlier life of the same name had read is taken over like anybody's.
std::string own_name(const std::string& configured) {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  std::random_device random;
  return (configured.empty() ? std::string(host.data()) : configured) + '-' + std::to_string(getpid()) + '-' +
         std::to_string(random());
}

// measured: CAF's own defaults (stealing, unlimited throughput) burn a third of a core for any ticking actor
// and starve whoever stands beside a busy one.
void configure(caf::actor_system_config& system, const settings& config) {
  system.set("scheduler.policy", caf::atom("sharing"));
  system.set("scheduler.max-threads", std::size_t{config.engine.scheduler_threads});
  system.set("scheduler.max-throughput", std::size_t{100});
}

}  // namespace

struct engine::state {
  settings config;  ///< as it was started with
  metrics* measures = nullptr;
  engine_callbacks callbacks;
  reference_clock time;
  bool clock_off_said = false;  ///< the store's thread
  std::atomic<bool> redis_up{false};
  /// In words, for ready().
  struct words {
    std::mutex guard;
    std::string redis, missing, durability;
    std::map<std::string, std::string> refused;  ///< by what Redis is not set up for
  };
  mutable words said;
  std::atomic<bool> working{false};
  std::atomic<bool> draining{false};
  std::unique_ptr<store> storage;
  std::shared_ptr<io_thread> loop;
  std::shared_ptr<engine_parts> parts;
  std::unique_ptr<provider_channels> channels;
  caf::actor_system_config system_config;
  std::unique_ptr<caf::actor_system> system;
  caf::actor pulse;

  std::string build() {
    parts = std::make_shared<engine_parts>();
    parts->config.set(config);
    parts->measures = measures;
    parts->time = &time;
    parts->scopes.limit_rendered(config.engine.rendered_bytes);
    if (const char* token = std::getenv("DISPATCHD_TEST_CRASH_TOKEN")) parts->crash_token = token;
    for (std::uint32_t i = 0; i < std::max(1u, config.engine.limiter_shards); ++i) {
      parts->limiters.emplace_back("limiter_" + std::to_string(i));
    }
    loop = std::make_shared<io_thread>("dispatch-io");
    channels = std::make_unique<provider_channels>(loop, parts);
    if (auto wrong = channels->make(config); !wrong.empty()) return wrong;
    try {
      auto options = redis_options_of(config);
      options.consumer = own_name(config.redis.consumer);
      // Back in time to renew, also with a short lease.
      options.reconnect_cap = std::clamp<std::chrono::milliseconds>(
          config.engine.lease / 6, options.reconnect_base, options.reconnect_cap);
      storage = make_redis_store(std::move(options), redis_events());
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    parts->storage = storage.get();
    return {};
  }

  void say_clock(std::chrono::microseconds redis_ahead) {
    measures->pressure.clock_offset(redis_ahead);
    const bool off = std::chrono::abs(redis_ahead) >= std::chrono::seconds(1);
    if (std::exchange(clock_off_said, off) == off) return;
    const auto ahead = std::chrono::duration_cast<std::chrono::milliseconds>(redis_ahead).count();
    if (off) {
      log::warn("clock_off", {{"redis_ahead_ms", ahead}, {"detail", "Redis's clock is used"}});
    } else {
      log::info("clock_right", {{"redis_ahead_ms", ahead}});
    }
  }

  redis_callbacks redis_events() {
    redis_callbacks calls;
    calls.connection_changed = [this](bool up, const std::string& detail) {
      redis_up = up;
      measures->redis_up(up);
      tell([&](words& to) { to.redis = up ? std::string() : detail; });
      if (up) {
        log::info("redis_up", {{"detail", detail}});
      } else {
        log::warn("redis_away", {{"detail", detail}});
      }
    };
    calls.command_answered = [this](std::chrono::nanoseconds took) { measures->redis_command(took); };
    calls.durability_changed = [this](std::optional<bool> kept, const std::string& detail) {
      measures->redis_durability(kept);
      std::string before;
      tell([&](words& to) { before = std::exchange(to.durability, detail); });
      if (!detail.empty())
        log::warn("durability", {{"detail", detail}});
      else if (!before.empty())
        log::info("durability", {{"detail", "Redis keeps what it accepts"}});
    };
    calls.refused = [this](const std::string& what, const std::string& detail) {
      const auto level = detail.empty() ? log::level::info : log::level::error;
      log::event(level, "redis_refuses", {{"what", what}, {"refused", !detail.empty()}, {"detail", detail}});
      tell([&](words& to) {
        if (detail.empty())
          to.refused.erase(what);
        else
          to.refused[what] = detail;
      });
    };
    calls.clock_read = [this](std::chrono::milliseconds now, auto sent, auto answered) {
      say_clock(time.measured(now, sent, answered));
    };
    return calls;
  }

  template <class Change>
  void tell(const Change& change) {
    {
      const std::scoped_lock lock(said.guard);
      change(said);
    }
    readiness_changed();
  }

  void start() {
    configure(system_config, config);
    system = std::make_unique<caf::actor_system>(system_config);
    for (const auto& scope : parts->scopes) scope.way->warm_up();
    supervisor_config top;
    top.parts = parts;
    top.children = engine_children(*system, parts);
    top.ended = [this](int code) { callbacks.ended(code); };
    top.ready = [this](bool ready) {
      working = ready;
      readiness_changed();
    };
    // While Redis is away that is what is missing, and no lease a consequence.
    top.missing = [this](const std::string& what) {
      tell([&](words& to) { to.missing = redis_up ? what : std::string(); });
    };
    spawn_supervisor(*system, std::move(top));
    pulse = system->spawn([answer = callbacks.alive](caf::event_based_actor*) -> caf::behavior {
      return {[answer](const tick&) {
        if (answer) answer();
      }};
    });
  }

  void readiness_changed() const {
    if (callbacks.readiness_changed) callbacks.readiness_changed();
  }

  // Order matters: first the actors, who call store and channels (late callbacks of those meet empty peers),
  // then store and channels, last CAF.
  void tear_down() {
    if (system) {
      withdraw_all(*parts);
      caf::anon_send_exit(pulse, caf::exit_reason::user_shutdown);
      pulse = nullptr;
      system->await_all_actors_done();
    }
    for (const auto& scope : parts->scopes) scope.way->close();
    storage.reset();
    channels.reset();
    parts->scopes.clear();
    loop.reset();
    parts.reset();
    system.reset();
  }
};

engine::engine(std::unique_ptr<state> made) : state_(std::move(made)) {}

std::variant<std::unique_ptr<engine>, std::string> engine::make(const settings& config, metrics& measures,
                                                                engine_callbacks callbacks) {
  auto made = std::make_unique<state>();
  made->config = config;
  made->measures = &measures;
  made->callbacks = std::move(callbacks);
  auto wrong = made->build();
  std::unique_ptr<engine> result(new engine(std::move(made)));
  if (!wrong.empty()) return wrong;
  return result;
}

engine::~engine() {
  state_->tear_down();
}

void engine::start() {
  state_->start();
}

void engine::drain() {
  state_->draining = true;
  state_->readiness_changed();
  if (!state_->parts->supervisor.send_urgent(dispatch::drain{})) state_->callbacks.ended(0);
}

std::variant<engine_reload, std::string> engine::prepare_reload(const settings& next) {
  auto prepared = state_->channels->prepare(next);
  if (auto* wrong = std::get_if<std::string>(&prepared)) return *wrong;
  auto& plan = std::get<reload_plan>(prepared);
  engine_reload result;
  result.needing_restart = std::move(plan.needing_restart);
  result.credentials = std::move(plan.credentials);
  result.added = std::move(plan.added);
  result.removed = std::move(plan.removed);
  result.apply = [state = state_.get(), next, apply = std::move(plan.apply)] {
    // First the numbers, then the version that tells who has copied some of them to look again.
    apply();
    state->parts->config.set(next);
  };
  return result;
}

void engine::check_alive() {
  if (!state_->pulse) return;
  state_->loop->post([to = state_->pulse] { caf::anon_send(to, tick{}); });
}

engine::readiness engine::ready() const {
  auto& said = state_->said;
  const std::scoped_lock lock(said.guard);
  const auto not_ready = [&](const char* reason, std::string detail) {
    return readiness{false, reason, std::move(detail), said.durability};
  };
  if (state_->draining) return not_ready("draining", {});
  if (!state_->redis_up) return not_ready("redis is away", said.redis);
  if (!said.refused.empty()) {
    const auto& [what, detail] = *said.refused.begin();
    return not_ready("redis is not set up for this engine", what + ": " + detail);
  }
  if (!state_->working) return not_ready("starting", said.missing);
  if (!said.missing.empty()) return not_ready("the lease is not renewed", said.missing);
  return {true, {}, {}, said.durability};
}

}  // namespace dispatch
