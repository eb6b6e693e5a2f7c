#include "actors/tracker/tracker.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "actors/tracker/checkpoint_builder.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

// A write that Redis could not take is repeated, unchanged, after so long.
constexpr auto write_again = 100ms;
// One that Redis refuses (out of memory, a spoiled key) may need a person: no hurry, and few log lines.
constexpr auto refused_again = 1'000ms;

/// Counts of one batch, given to the metrics in one go.
struct batch_counts {
  std::array<std::array<std::uint32_t, outcome_count>, platform_count> outcomes{};
  std::uint32_t ok = 0;

  void flush(metrics& measures, provider by) {
    for (auto on : all_platforms) {
      for (auto result : all_outcomes) {
        const auto n = outcomes[index_of(on)][index_of(result)];
        if (n > 0) measures.notifications(on, by, result, n);
      }
    }
    if (ok > 0) measures.attempts(by, "ok", ok);
  }
};

}  // namespace

class tracker_state {
 public:
  explicit tracker_state(std::shared_ptr<const engine_parts> parts)
      : parts_(std::move(parts)), builder_(parts_->config) {}

  /// A (next) life of the actor begins.
  void attach(tracker_actor::pointer self) {
    self_ = self;
    if (writing_.content) write();  // the tick that would have repeated it may be gone
  }
  const peer<tracker_actor>& place() const { return parts_->tracker; }

  void completed(const completion_batch_ptr& batch) {
    if (batch->applied.taken()) return;
    wall_ = parts_->time->wall();
    batch_counts counts;
    answers judged;
    judged.scope = batch->scope;
    const auto& scope = parts_->scopes[batch->scope];
    for (auto& answered : batch->answers) {
      if (!answered.item.state().ended) judge(scope, answered, judged, counts);
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
    if (!judged.counted.empty() || !judged.items.empty()) parts_->supervisor.send(std::move(judged));
    flush();
  }

  void settled(const settlement& what) {
    wall_ = parts_->time->wall();
    batch_counts counts;
    for (const auto& local : what.ends) end_locally(local, counts, what.counted);
    counts.flush(*parts_->measures, provider_of(what));
    builder_.park(what.parks, what.counted);
    for (const auto& where : what.finished_entries) builder_.finish_entry(where);
    for (const auto& letter : what.letters) builder_.add_letter(letter);
    if (what.from_intake) builder_.count_settled(what.size());
    flush();
  }

  void written(const write_done& answer) {
    if (answer.sequence != sequence_) return;
    if (answer.result.has_value()) {
      if (writing_.recipients > 0 || writing_.settled > 0) {
        parts_->intake.send(confirmed{writing_.recipients, writing_.settled});
      }
      writing_ = {};
      flush();
      return;
    }
    if (answer.result.error().what == store_error::code::fenced) {
      parts_->measures->fenced();
      log::error("fenced", {{"detail", "another process took this one's work over"}});
      self_->quit(caf::make_error(caf::sec::runtime_error, "fenced"));
      return;
    }
    const bool refused = answer.result.error().what == store_error::code::refused;
    if (refused) log::error("write_refused", {{"detail", answer.result.error().detail}});
    // The same sequence again: applied at most once, whether or not the lost answer was a yes.
    send_later(self_, refused ? refused_again : write_again, tick{sequence_});
  }

  void on_tick(const tick& at) {
    if (writing_.content && at.generation == sequence_) write();
  }

  void finish() {
    finishing_ = true;
    flush();
  }

 private:
  // A settlement is of one scope's items, or of none (entries only): one provider's metrics are enough.
  provider provider_of(const settlement& what) const {
    if (what.ends.empty()) return provider::fcm;
    const auto& first = what.ends.front().item;
    const auto scope = parts_->scope_of(first.who().platform, first.owner->document->app);
    return scope ? parts_->scopes[*scope].by : provider::fcm;
  }

  verdict verdict_of(const scope_info& scope, const completion_batch::answered& answered) {
    const auto& answer = answered.answer;
    if (answer.failure == http2::failure::no_credential) {
      verdict said;
      said.what = verdict::kind::retry;
      said.counts = verdict::health::failure;
      said.reason = "no_credential";
      return said;
    }
    auto said = scope.adapter->classify(answer, wall_);
    const auto& expires = answered.item.owner->document->expires_at;
    if (answer.failure == http2::failure::timeout && expires && *expires <= wall_) {
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

  void judge(const scope_info& scope, completion_batch::answered& answered, answers& judged,
             batch_counts& counts) {
    const auto said = verdict_of(scope, answered);
    auto& state = answered.item.state();
    if (answered.answer.failure != http2::failure::not_sent) {
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
    if (wants_provider_id()) how.provider_id = scope.adapter->provider_id(answered.answer);
    count_end(answered.item, how.result, said.reason, counts);
    parts_->measures->dispatch_duration(answered.item.owner->lane, wall_ - answered.item.owner->stored_at);
    builder_.end(answered.item, std::move(how), wall_, true);
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
    builder_.end(local.item, std::move(how), wall_, counted);
  }

  void count_end(const work_item& item, outcome result, std::string_view reason, batch_counts& counts) {
    ++counts.outcomes[index_of(item.who().platform)][index_of(result)];
    if (result == outcome::invalid_token) parts_->measures->token_invalidated(item.who().platform, reason);
  }

  bool wants_provider_id() const { return parts_->config->results.level == results_level::all; }

  void flush() {
    if (writing_.content) return;
    if (!builder_.empty()) {
      writing_ = builder_.seal(parts_->time->wall());
      ++sequence_;
      write();
    } else if (std::exchange(finishing_, false)) {
      parts_->supervisor.send_urgent(drained{});
    }
  }

  void write() {
    parts_->storage->write(sequence_, writing_.content,
                           [me = parts_->tracker, sequence = sequence_](store_result<nothing> result) {
                             me.send(write_done{sequence, std::move(result)});
                           });
  }

  tracker_actor::pointer self_ = nullptr;
  std::shared_ptr<const engine_parts> parts_;
  checkpoint_builder builder_;
  checkpoint_builder::sealed writing_;  ///< being written, if it has content
  std::uint64_t sequence_ = 0;
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
          on<tick>(me, [state](const tick& m) { state->on_tick(m); }),
          on<drained>(me, [state](const drained&) { state->finish(); })};
}

}  // namespace dispatch
