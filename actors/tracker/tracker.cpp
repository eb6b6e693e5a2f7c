#include "actors/tracker/tracker.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "actors/tracker/batch_counts.hpp"
#include "actors/tracker/disabled_endpoint.hpp"
#include "actors/tracker/token_doubts.hpp"
#include "actors/tracker/write_line.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

// A write that Redis could not take is repeated, unchanged, after so long.
constexpr auto write_again = 100ms;
constexpr std::size_t longest_provider_id = 512;
// One that Redis refuses (out of memory, a spoiled key) may need a person: no hurry, and few log lines.
constexpr auto refused_again = 1'000ms;

}  // namespace

class tracker_state {
 public:
  explicit tracker_state(std::shared_ptr<const engine_parts> parts)
      : parts_(std::move(parts)),
        line_(parts_->config),
        doubts_(parts_->config->hygiene, parts_->scopes.generations()) {}

  /// A (next) life of the actor begins.
  void attach(tracker_actor::pointer self) {
    self_ = self;
    if (line_.content()) write();  // the tick that would have repeated it may be gone
    aside_asked_ = false;
    ask_for_aside();
  }
  const peer<tracker_actor>& place() const { return parts_->tracker; }

  void completed(const completion_batch_ptr& batch) {
    if (batch->applied.taken()) return;
    wall_ = parts_->time->wall();
    batch_counts counts;
    answers judged;
    judged.scope = batch->scope;
    const auto& scope = parts_->scopes[batch->scope];
    const bool believed = hear(scope, *batch);
    for (std::size_t i = 0; i < batch->answers.size(); ++i) {
      auto& answered = batch->answers[i];
      if (!answered.item.state().ended) judge(scope, answered, said_[i], believed, judged, counts);
    }
    for (auto& local : batch->ends) {
      // A probe that never reached the provider gives its place back.
      if (std::exchange(local.item.state().probe, false)) note_health(judged, breaker_answer::neutral, true);
      end_locally(local, counts, true);
    }
    batch->applied.claim();  // only now: a crash on the way here gets the whole batch again
    counts.flush(*parts_->measures, scope.by);
    const auto left = static_cast<std::uint32_t>(batch->answers.size() + batch->ends.size());
    if (judged.items.empty()) {
      parts_->intake.send(room{batch->scope, left});
    } else {
      judged.room = left;
    }
    judged.mass_invalid = doubts_.to_be_reported(batch->scope);
    if (judged.mass_invalid) warn(scope, batch->scope);
    if (!judged.counted.empty() || !judged.items.empty()) parts_->supervisor.send(std::move(judged));
    flush();
  }

  void settled(const settlement& what) {
    wall_ = parts_->time->wall();
    std::array<batch_counts, provider_count> counts;
    for (const auto& local : what.ends) {
      end_locally(local, counts[index_of(provider_of(local.item))], what.counted);
    }
    for (std::size_t by = 0; by < counts.size() && !what.ends.empty(); ++by) {
      counts[by].flush(*parts_->measures, static_cast<provider>(by));
    }
    auto& to = line_.builder();
    to.park(what.parks, wall_, what.counted);
    for (const auto& cut : what.cuts) to.cut(cut);
    to.finish(what.finished_entries, what.letters, what.moved,
              what.cuts.empty() ? nullptr : what.cuts.front().owner);
    if (what.from_intake) to.count_settled(what.size());
    flush();
  }

  void written(const write_done& answer) {
    if (answer.sequence != line_.sequence() || !line_.content()) return;
    if (answer.result.has_value()) {
      tell(line_.written(parts_->time->now()));
      flush();
      return;
    }
    if (const auto& unusable = answer.result.error().unusable; unusable && line_.concerned(*unusable)) {
      leave_out(*unusable);
      return;
    }
    if (answer.result.error().what == store_error::code::fenced) {
      log::error("fenced", {{"detail", "another process took this one's work over"}});
      self_->quit(caf::make_error(caf::sec::runtime_error, "fenced"));
      return;
    }
    const bool refused = answer.result.error().what == store_error::code::refused;
    if (refused) log::error("write_refused", {{"detail", answer.result.error().detail}});
    // The same sequence again: applied at most once, whether or not the lost answer was a yes.
    send_later(self_, refused ? refused_again : write_again, tick{line_.sequence()});
  }

  void doubt(const scope_doubt& news) {
    const auto quiet = parts_->config->hygiene.quiet_after_accept;
    doubts_.take(news, parts_->time->now() + quiet);
  }

  void let_go(leaving_scopes going) {
    std::erase_if(going.scopes, [this](scope_number scope) { return doubts_.doubts(scope); });
    parts_->supervisor.send(std::move(going));
  }

  void on_tick(const tick& at) {
    if (at.generation == 0) {
      aside_asked_ = false;
      flush();
      ask_for_aside();
    } else if (line_.content() && at.generation == line_.sequence()) {
      write();
    }
  }

  void finish() {
    finishing_ = true;
    flush();
  }

 private:
  provider provider_of(const work_item& item) const {
    return parts_->config->platforms.served_by[index_of(item.who().platform)].value_or(provider::fcm);
  }

  /// What the batch's answers mean, into said_. False: its dead tokens are not believed.
  bool hear(const scope_info& scope, const completion_batch& batch) {
    said_.clear();
    std::uint64_t sends = 0, dead = 0;
    for (const auto& answered : batch.answers) {
      auto& said = said_.emplace_back();
      if (answered.item.state().ended) continue;
      said = verdict_of(scope, answered);
      // Only what the provider has looked at says anything of its tokens.
      if (said.what != verdict::kind::final || answered.answer.failure != send_failure::none) continue;
      ++sends;
      if (said.result == outcome::invalid_token) ++dead;
    }
    return doubts_.believes(batch.scope, sends, dead, parts_->time->now());
  }

  void warn(const scope_info& scope, scope_number number) {
    const auto recent = doubts_.recent(number, parts_->time->now());
    log::error("mass_invalid", {{"scope", scope.name},
                                {"sends", recent.sends},
                                {"dead", recent.dead},
                                {"detail",
                                 "too many tokens called dead: held until an operator accepts or "
                                 "discards them (dispatchctl hygiene)"}});
  }

  dead_token dead_of(const scope_info& scope, const work_item& item, const verdict& said,
                     bool believed) const {
    const auto& who = item.who();
    dead_token out;
    out.token = token_fingerprint::of(scope.name, who.target);
    if (is_device(who.kind)) {
      out.until = suppressed_until(wall_, said.dead_since, parts_->config->hygiene.suppress_ttl);
    } else if (who.kind == target_kind::url) {
      out.until = wall_ + disabled_endpoint_time;
      out.endpoint = disabled_endpoint_entry(scope.name, *item.owner->document, who, said.reason, wall_);
    }
    out.believed = believed;
    out.scope = scope.name;
    out.reason = said.reason;
    return out;
  }

  // Only now: were the token suppressed and the process dead before its event is written, whoever takes the
  // recipient over would not send to it and so not learn of it.
  void suppress(dead_tokens&& dead) {
    const auto now = parts_->time->wall();
    std::vector<suppress_mark> marks;
    for (std::size_t i = 0; i < dead.marks.size(); ++i) {
      const auto& mark = dead.marks[i];
      marks.push_back({mark.token, mark.until - now, mark.endpoint});
      if (marks.size() < token_store::max_at_once && i + 1 < dead.marks.size()) continue;
      parts_->storage->tokens().suppress(std::exchange(marks, {}), [](const store_result<nothing>&) {});
    }
    if (!dead.marks.empty()) parts_->intake.send(std::move(dead));
  }

  verdict verdict_of(const scope_info& scope, const completion_batch::answered& answered) {
    const auto& answer = answered.answer;
    if (answer.failure == send_failure::no_credential) {
      verdict said;
      said.what = verdict::kind::retry;
      said.counts = verdict::health::failure;
      said.reason = "no_credential";
      return said;
    }
    auto said = scope.adapter->classify(answer, wall_);
    const auto& expires = answered.item.owner->document->expires_at;
    if (answer.failure == send_failure::timeout && expires && *expires <= wall_) {
      // The deadline was the job's own, not the provider's fault; there is no time left to try again.
      said.what = verdict::kind::final;
      said.result = outcome::expired;
      said.counts = verdict::health::neutral;
    }
    if (said.refresh_credential) {
      scope.way->credential_refused(answered.credential, said.new_connection);
      // Free of charge once a recipient: a provider that refuses every fresh credential must not be asked
      // for ever.
      if (said.what == verdict::kind::retry_free && std::exchange(answered.item.state().refreshed, true)) {
        said.what = verdict::kind::retry;
        said.counts = verdict::health::failure;
      }
    }
    return said;
  }

  void judge(const scope_info& scope, const completion_batch::answered& answered, const verdict& said,
             bool believed, answers& judged, batch_counts& counts) {
    auto& state = answered.item.state();
    if (answered.answer.failure != send_failure::not_sent) {
      if (state.attempts == 0) ++judged.first_attempts;
      note_attempt(scope, answered, said, counts);
    }
    note_health(judged, counted_as(said), std::exchange(state.probe, false));
    if (said.hold == verdict::scope_hold::scope) {
      parts_->intake.send(
          hold_scope{judged.scope, parts_->time->now() + std::max(said.retry_after, 1'000ms)});
    }
    if (said.what != verdict::kind::final) {
      judged.items.push_back({answered.item, said});
      return;
    }
    ending how;
    how.result = said.result;
    how.reason = said.reason;
    how.attempts = state.attempts + 1u;
    if (wants_provider_id(*answered.item.owner)) {
      how.provider_id = scope.adapter->provider_id(answered.answer);
      // A stranger's server gives a URL of any length.
      if (how.provider_id.size() > longest_provider_id) how.provider_id.clear();
    }
    if (said.result == outcome::invalid_token) {
      how.dead = dead_of(scope, answered.item, said, believed);
      if (!believed) {
        how.result = outcome::quarantined;
        how.reason = mass_invalid_reason;
      }
    }
    count_end(answered.item, how.result, said.reason, counts);
    parts_->measures->dispatch_duration(answered.item.owner->lane, wall_ - answered.item.owner->stored_at);
    line_.builder().end(answered.item, std::move(how), wall_, true);
  }

  void note_attempt(const scope_info& scope, const completion_batch::answered& answered, const verdict& said,
                    batch_counts& counts) {
    parts_->measures->send_duration(scope.by, answered.answer.round_trip);
    if (said.what == verdict::kind::final && said.result == outcome::delivered) {
      ++counts.ok;
    } else {
      parts_->measures->attempts(scope.by, said.reason, 1);
    }
    if (said.alert) {
      log::warn("provider_refused", {{"scope", scope.name},
                                     {"reason", said.reason},
                                     {"status", answered.answer.status},
                                     {"tenant", answered.item.owner->document->tenant},
                                     {"job", answered.item.owner->document->id},
                                     {"correlation_id", answered.item.owner->correlation_id}});
    }
  }

  static breaker_answer counted_as(const verdict& said) {
    switch (said.counts) {
      case verdict::health::success:
        return breaker_answer::success;
      case verdict::health::failure:
        return breaker_answer::failure;
      case verdict::health::neutral:
        return breaker_answer::neutral;
    }
    return breaker_answer::neutral;
  }

  static void note_health(answers& judged, breaker_answer what, bool probe) {
    if (!judged.counted.empty() && judged.counted.back().what == what &&
        judged.counted.back().probe == probe) {
      ++judged.counted.back().count;
    } else {
      judged.counted.push_back({what, probe, 1});
    }
  }

  void end_locally(const local_end& local, batch_counts& counts, bool counted) {
    if (local.item.state().ended) return;
    ending how;
    how.result = local.result;
    how.reason = local.reason;
    how.detail = local.detail;
    how.attempts = local.item.state().attempts;
    count_end(local.item, local.result, local.reason, counts);
    line_.builder().end(local.item, std::move(how), wall_, counted);
  }

  void count_end(const work_item& item, outcome result, std::string_view reason, batch_counts& counts) {
    ++counts.outcomes[index_of(item.who().platform)][index_of(result)];
    if (result == outcome::invalid_token) parts_->measures->token_invalidated(item.who().platform, reason);
  }

  bool wants_provider_id(const run& owner) const {
    if (parts_->config->results.level == results_level::all) return true;
    const auto* to = results_receiver(parts_->config->tenants, owner.document->tenant);
    return to != nullptr && to->results != posted_results::completion;
  }

  void flush() {
    if (line_.content()) return;
    while (auto aside = line_.begin(parts_->time->wall(), parts_->time->now())) tell(std::move(*aside));
    if (line_.content()) {
      write();
    } else if (std::exchange(finishing_, false)) {
      parts_->supervisor.send_urgent(drained{});
    }
  }

  void tell(write_line::left&& what) {
    suppress(std::move(what.dead));
    if (what.any()) parts_->intake.send(what.news);
  }

  // Nothing of it was written: again without what needs the spoiled keys.
  void leave_out(const unusable_parts& unusable) {
    auto nothing = line_.leave_out(unusable, parts_->time->now());
    ask_for_aside();
    if (!nothing) return write();
    tell(std::move(*nothing));
    flush();
  }

  void ask_for_aside() {
    if (!line_.any_aside() || std::exchange(aside_asked_, true)) return;
    send_later(self_, set_aside::again, tick{0});
  }

  void write() {
    parts_->storage->write(line_.sequence(), line_.content(),
                           [me = parts_->tracker, sequence = line_.sequence()](store_result<nothing> result) {
                             me.send(write_done{sequence, std::move(result)});
                           });
  }

  tracker_actor::pointer self_ = nullptr;
  std::shared_ptr<const engine_parts> parts_;
  write_line line_;
  token_doubts doubts_;
  std::vector<verdict> said_;  ///< of the batch at hand
  bool aside_asked_ = false;   ///< a tick is on its way to try again what is aside
  epoch_ms wall_{};
  bool finishing_ = false;
};

std::shared_ptr<tracker_state> make_tracker_state(std::shared_ptr<const engine_parts> parts) {
  return std::make_shared<tracker_state>(std::move(parts));
}

tracker_actor::behavior_type tracker(tracker_actor::pointer self,
                                     const std::shared_ptr<tracker_state>& state) {
  const auto me = state->place();
  log_exceptions(self, me.actor());
  state->attach(self);
  return {on<completion_batch_ptr>(me, [state](const completion_batch_ptr& m) { state->completed(m); }),
          on<write_done>(me, [state](const write_done& m) { state->written(m); }),
          on<settlement>(me, [state](const settlement& m) { state->settled(m); }),
          on<scope_doubt>(me, [state](const scope_doubt& m) { state->doubt(m); }),
          on<leaving_scopes>(me, [state](const leaving_scopes& m) { state->let_go(m); }),
          on<tick>(me, [state](const tick& m) { state->on_tick(m); }),
          on<drained>(me, [state](const drained&) { state->finish(); })};
}

}  // namespace dispatch
