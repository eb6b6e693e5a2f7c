#include "actors/supervisor/supervisor.hpp"

#include <algorithm>
#include <mutex>
#include <random>
#include <utility>

#include "actors/by_scope.hpp"
#include "actors/supervisor/breaker_board.hpp"
#include "actors/supervisor/breaker_loader.hpp"
#include "actors/supervisor/housekeeping.hpp"
#include "actors/supervisor/scope_holds.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr auto tick_interval = 250ms;

class supervisor_state {
 public:
  supervisor_state(supervisor_actor::pointer self, supervisor_config config)
      : self_(self),
        parts_(config.parts),
        config_(std::move(config)),
        children_(std::move(config_.children)),
        board_(parts_->config->breaker, parts_->scopes.generations()),
        holds_(parts_),
        keeper_(parts_),
        records_(parts_),
        random_(parts_->seed),
        first_attempts_([](scope_number) { return std::uint64_t{0}; }, parts_->scopes.generations()) {}

  void begin() {
    self_->set_down_handler([this](const caf::down_msg& down) { child_died(down); });
    for (const auto& child : children_.start_all()) self_->monitor(child);
    keeper_.acquire();
    send_later(self_, tick_interval, tick{});
  }

  // Lease and start-up ----------------------------------------------------------------------------------

  void lease_answered(const lease_answer& answer) {
    const auto news = keeper_.answered(answer, parts_->time->now());
    say_what_is_missing();
    switch (news) {
      case lease_keeper::news::acquired:
        log::info("lease_acquired", {{"epoch", *answer.epoch}});
        records_.load_missing();
        start_when_loaded();
        // At once: the intake waits to hear which lanes are paused.
        housekeeping_.on_tick(*parts_, parts_->time->now(), draining_);
        break;
      case lease_keeper::news::fenced:
        give_up("fenced: another process took this one's work over");
        break;
      case lease_keeper::news::refused:
        give_up("the store refuses this process: " + answer.epoch.error().detail);
        break;
      case lease_keeper::news::none:
        break;
    }
  }

  // Before the lease is held there is nothing to load with; then all are.
  void scope_made(const scope_added& m) {
    if (keeper_.held() && !records_.is_loaded(m.scope)) records_.load(m.scope);
  }

  /// Also where there is nothing to load: apps whose scopes are their origins have none yet.
  void start_when_loaded() {
    if (started_ || !keeper_.held() || !records_.all_loaded()) return;
    started_ = true;
    parts_->intake.send(start{});
    config_.ready(true);
    log::info("started", {{"scopes", parts_->scopes.size()}});
  }

  void say_what_is_missing() {
    std::string missing = keeper_.problem();
    if (missing.empty() && !keeper_.held()) missing = "no lease yet";
    if (missing.empty() && !started_) missing = breaker_problem_;
    if (std::exchange(missing_, missing) != missing && config_.missing) config_.missing(missing);
  }

  void breaker_known(const breaker_loaded& answer) {
    if (!records_.is_of(answer.scope, answer.generation)) return;
    if (answer.record.has_error()) return not_known(answer);
    const auto now = parts_->time->wall();
    const auto step = board_.adopt(answer.scope, *answer.record, now);
    const bool first = records_.known(answer.scope);
    if (step.changed || first) tell_gate(answer.scope, 0);
    if (holds_.lost(answer.scope, *answer.record) && !board_.unsaved(answer.scope)) hold(answer.scope);
    holds_.tell(answer.scope, board_.held(answer.scope, now));
    ask_probes(answer.scope);
    start_when_loaded();
    say_what_is_missing();
  }

  // The tick asks again while not all are loaded. A key that somebody else made something else of stops no
  // scope: its breaker is this process's own until that is mended.
  void not_known(const breaker_loaded& answer) {
    const auto& why = answer.record.error();
    if (why.what == store_error::code::refused && why.detail.starts_with("WRONGTYPE")) {
      if (records_.unreadable(answer)) tell_gate(answer.scope, 0);
      start_when_loaded();
    } else {
      breaker_problem_ = "the breaker of " + std::string(parts_->scopes[answer.scope].name) +
                         " cannot be loaded: " + why.detail;
    }
    say_what_is_missing();
  }

  // Breakers --------------------------------------------------------------------------------------------

  void take(const answers& judged) {
    const auto step = board_.record(judged.scope, judged.counted, parts_->time->wall());
    apply(judged.scope, step);
    if (judged.mass_invalid) hold(judged.scope);
    first_attempts_[judged.scope] += judged.first_attempts;
    if (judged.room > 0) parts_->intake.send(room{judged.scope, judged.room});
    if (judged.items.empty()) return;
    retry_batch batch;
    batch.scope = judged.scope;
    batch.blocked = !board_.passes_freely(judged.scope);
    batch.first_attempts = std::exchange(first_attempts_[judged.scope], 0);
    for (const auto& item : judged.items) {
      // A failure that opened the breaker or met it opening costs nothing, and what never reached the
      // provider neither.
      const bool free = item.said.what == verdict::kind::retry_free ||
                        (batch.blocked && item.said.counts == verdict::health::failure);
      batch.entries.push_back({item.item, item.said, !free});
    }
    parts_->retry.send(std::move(batch));
  }

  // The retry budget grows by first attempts whether or not anything fails.
  void report_first_attempts(scope_number scope) {
    if (first_attempts_[scope] == 0) return;
    retry_batch batch;
    batch.scope = scope;
    batch.first_attempts = std::exchange(first_attempts_[scope], 0);
    parts_->retry.send(std::move(batch));
  }

  void connection_changed(const channel_event& event) {
    if (!event.counts_failure) return;
    apply(event.scope, board_.record_unconnected(event.scope, parts_->time->wall()));
  }

  void apply(scope_number scope, const breaker_board::step& step) {
    if (step.changed) {
      const auto now = parts_->time->wall();
      const auto record = board_.next_record(scope, now);
      const auto& name = parts_->scopes[scope].name;
      log::warn("breaker", {{"scope", name}, {"state", record.state}, {"reason", record.reason}});
      parts_->measures->breaker_transition(name, record.state);
      store(scope, record);
      tell_gate(scope, 0);
    } else if (step.new_probes) {
      if (const auto probes = board_.probes(scope, parts_->time->wall()); probes > 0)
        tell_gate(scope, probes);
    }
  }

  // The provider calls too many tokens dead.
  void hold(scope_number scope) {
    holds_.begin(scope);
    apply(scope, board_.hold(scope, parts_->time->wall()));
    holds_.tell(scope, true);
  }

  void store(scope_number scope, const breaker_record& record) {
    parts_->storage->store_breaker(parts_->scopes[scope].name, record, records_.told(scope));
  }

  void tell_gate(scope_number scope, std::uint32_t probes) {
    const auto state = board_.state(scope);
    parts_->measures->breaker_state(parts_->scopes[scope].name, metric_value(state));
    parts_->intake.send_urgent(gate_change{scope, state, probes});
  }

  // All of a round's probes go to the process that asks first: only so can one breaker see them all pass.
  // Asked again and again while nobody's probes are out, because the one that had them may have died.
  void ask_probes(scope_number scope) {
    if (board_.state(scope) != breaker_state::half_open || board_.owns_round(scope) || board_.unsaved(scope))
      return;
    const auto version = board_.version(scope);
    parts_->storage->take_probes(
        parts_->scopes[scope].name, version, parts_->config->breaker.probes, parts_->config->breaker.probes,
        [me = parts_->supervisor, scope, generation = parts_->scopes[scope].generation,
         version](store_result<std::uint32_t> result) {
          me.send(probes_taken{scope, generation, version, std::move(result)});
        });
  }

  void got_probes(const probes_taken& answer) {
    if (!records_.is_of(answer.scope, answer.generation) || answer.version != board_.version(answer.scope))
      return;
    if (board_.state(answer.scope) != breaker_state::half_open || answer.granted.has_error()) return;
    if (*answer.granted == 0) return;  // another process probes; its verdict comes as a control event
    tell_gate(answer.scope, board_.own_round(answer.scope, parts_->time->wall()));
  }

  // A breaker's record is in Redis, where the next scope of that name finds it; what is not there yet, or
  // belongs to this process alone, keeps the scope here.
  void let_go(leaving_scopes going) {
    const auto now = parts_->time->wall();
    std::erase_if(going.scopes, [&](scope_number scope) {
      report_first_attempts(scope);
      return !records_.is_loaded(scope) || board_.unsaved(scope) || board_.owns_round(scope) ||
             board_.held(scope, now);
    });
    parts_->retry.send(std::move(going));
  }

  void notice(const control_notice& m) {
    // Another process went in order: its work need not wait for the next scan.
    if (m.event.kind == "release") housekeeping_.look_for_lapsed(*parts_);
    if (const auto action = parse_control(m.event)) {
      if (const auto* decision = std::get_if<decision_action>(&*action)) holds_.decided(*decision);
    }
    if (m.event.kind != "breaker") return;
    for (const auto& [name, value] : m.event.fields) {
      if (name != "scope") continue;
      if (const auto scope = parts_->scopes.find(value)) records_.load(*scope);
    }
  }

  // Children --------------------------------------------------------------------------------------------

  void child_died(const caf::down_msg& down) {
    if (ended_) return;
    const auto fate =
        children_.died(down.source, parts_->time->now(), std::uniform_real_distribution<>(0.0, 1.0)(random_));
    if (!fate.known) return;
    if (fate.give_up) {
      give_up("actor " + fate.name + " failed");
      return;
    }
    log::warn("actor_restart", {{"actor", fate.name}, {"after_ms", fate.after.count()}});
    parts_->measures->actor_restarted(fate.name);
    restarts_.emplace_back(parts_->time->now() + fate.after, fate.index);
    send_later(self_, fate.after, tick{1});
  }

  void restart_due() {
    const auto now = parts_->time->now();
    for (auto at = restarts_.begin(); at != restarts_.end();) {
      if (at->first > now + 1ms) {
        ++at;
        continue;
      }
      const auto index = at->second;
      at = restarts_.erase(at);
      try {
        self_->monitor(children_.restart(index));
      } catch (const std::exception& e) {
        give_up(std::string("a child cannot be started: ") + e.what());
        return;
      }
    }
  }

  // Time ------------------------------------------------------------------------------------------------

  void on_tick(const tick& at) {
    if (ended_) return;
    restart_due();
    if (at.generation != 0) return;
    const auto now = parts_->time->now();
    if (std::exchange(settings_version_, parts_->config.version()) != parts_->config.version()) {
      board_.change(parts_->config->breaker);
    }
    keeper_.on_tick(now);
    if (keeper_.held()) housekeeping_.on_tick(*parts_, now, draining_);
    const bool ask = now - probes_asked_ >= 1s;
    if (ask) probes_asked_ = now;
    // Scopes that were made meanwhile ask themselves; this is for what got lost.
    if (keeper_.held() && (ask || !started_)) records_.load_missing();
    if (keeper_.held() && ask) records_.look_at_records(board_);
    for (std::size_t i = 0; i < parts_->scopes.size(); ++i) {
      const auto scope = static_cast<scope_number>(i);
      if (parts_->scopes[i].retired()) continue;
      apply(scope, board_.advance(scope, parts_->time->wall()));
      if (board_.unsaved(scope) && ask) store(scope, board_.next_record(scope, parts_->time->wall()));
      if (ask) ask_probes(scope);
      report_first_attempts(scope);
    }
    if (draining_ && now >= give_up_drain_at_) {
      log::warn("drain_grace_over");
      finish(0);
      return;
    }
    send_later(self_, tick_interval, tick{});
  }

  void start_draining() {
    if (std::exchange(draining_, true)) return;
    config_.ready(false);
    give_up_drain_at_ = parts_->time->now() + parts_->config->engine.drain_grace;
    log::info("draining");
    if (!started_) {
      finish(0);
      return;
    }
    parts_->retry.send_urgent(drain{});
  }

  void all_drained() {
    log::info("drained");
    finish(0);
  }

  void give_up(const std::string& why) {
    log::error("giving_up", {{"why", why}});
    finish(1);
  }

  void finish(int code) {
    if (std::exchange(ended_, true)) return;
    config_.ready(false);
    children_.stop_all();
    keeper_.release([ended = config_.ended, code] { ended(code); });
    self_->quit();
  }

 private:
  supervisor_actor::pointer self_;
  std::shared_ptr<const engine_parts> parts_;
  supervisor_config config_;
  child_table children_;
  breaker_board board_;
  scope_holds holds_;
  lease_keeper keeper_;
  housekeeping housekeeping_;
  breaker_loader records_;
  std::mt19937_64 random_;
  by_scope<std::uint64_t> first_attempts_;
  std::vector<std::pair<std::chrono::steady_clock::time_point, std::size_t>> restarts_;
  std::chrono::steady_clock::time_point give_up_drain_at_{};
  std::chrono::steady_clock::time_point probes_asked_{};
  std::uint64_t settings_version_ = 0;  ///< that the board was made from
  std::string breaker_problem_;         ///< the latest, while not all are loaded
  std::string missing_;                 ///< as said last
  bool started_ = false;
  bool draining_ = false;
  bool ended_ = false;
};

}  // namespace

supervisor_actor::behavior_type supervisor(supervisor_actor::pointer self, supervisor_config config) {
  const auto me = config.parts->supervisor;
  log_exceptions(self, me.actor());
  auto state = std::make_shared<supervisor_state>(self, std::move(config));
  state->begin();
  return {on<answers>(me, [state](const answers& m) { state->take(m); }),
          on<channel_event>(me, [state](const channel_event& m) { state->connection_changed(m); }),
          on<scope_added>(me, [state](const scope_added& m) { state->scope_made(m); }),
          on<leaving_scopes>(me, [state](const leaving_scopes& m) { state->let_go(m); }),
          on<breaker_loaded>(me, [state](const breaker_loaded& m) { state->breaker_known(m); }),
          on<probes_taken>(me, [state](const probes_taken& m) { state->got_probes(m); }),
          on<lease_answer>(me, [state](const lease_answer& m) { state->lease_answered(m); }),
          on<control_notice>(me, [state](const control_notice& m) { state->notice(m); }),
          on<tick>(me, [state](const tick& m) { state->on_tick(m); }),
          on<drain>(me, [state](const drain&) { state->start_draining(); }),
          on<drained>(me, [state](const drained&) { state->all_drained(); })};
}

void spawn_supervisor(caf::actor_system& system, supervisor_config config) {
  // An exception in the supervisor itself must end the process too.
  auto said = std::make_shared<std::once_flag>();
  config.ended = [said, ended = std::move(config.ended)](int code) {
    std::call_once(*said, [&] { ended(code); });
  };
  auto ended = config.ended;
  auto handle = system.spawn(
      [](supervisor_actor::pointer self, supervisor_config given) -> supervisor_actor::behavior_type {
        given.parts->supervisor.publish(supervisor_actor(self));
        return supervisor(self, std::move(given));
      },
      std::move(config));
  handle->attach_functor([ended](const caf::error& reason) {
    if (reason) ended(1);
  });
}

void withdraw_all(const engine_parts& parts) {
  parts.supervisor.end();
  parts.intake.end();
  parts.tracker.end();
  parts.retry.end();
  for (const auto& each : parts.senders) each.end();
  for (const auto& each : parts.limiters) each.end();
}

}  // namespace dispatch
