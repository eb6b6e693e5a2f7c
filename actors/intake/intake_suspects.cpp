#include <utility>

#include "actors/intake/intake_state.hpp"

namespace dispatch {
namespace {

// Recovered so often without getting anywhere, an entry is run alone; only what dies alone is to blame.
constexpr std::uint32_t recoveries_before_alone = 2;
constexpr std::uint32_t deaths_before_poison = 3;

}  // namespace

bool intake_state::suspect(const entry& what) const {
  return what.recoveries >= recoveries_before_alone;
}

bool intake_state::is_poison(const entry& what, const run_ptr& owner, settlement& over) const {
  if (what.deaths_alone < deaths_before_poison) return false;
  log::error("poison", {{"entry", what.id},
                        {"tenant", owner->document->tenant},
                        {"job", owner->document->id},
                        {"deaths", what.deaths_alone}});
  // A suspect's recipients start one by one (see budget()), in this order: the first that is not over is the
  // one its process died of. The others go on, and with this end the entry's count starts anew.
  const auto& recipients = owner->document->recipients;
  for (std::size_t scope = 0; scope <= parts_->scopes.size(); ++scope) {
    for (std::uint32_t at = 0; at < owner->states.size(); ++at) {
      if (owner->states[at].ended) continue;
      const auto served = parts_->scope_of(recipients[at].platform, owner->document->app);
      if (scope < parts_->scopes.size() && served != static_cast<scope_number>(scope)) continue;
      owner->states[at].withheld = true;
      over.ends.push_back({{owner, at}, outcome::dead, "poison", {}});
      return owner->open == 1;
    }
  }
  return true;
}

scope_queue* intake_state::drawn_from(scope_number scope) {
  if (suspect_runs_) return &suspect_queues_[scope];
  return suspects_.empty() && !suspect_ ? &queues_[scope] : nullptr;
}

void intake_state::next_suspect() {
  if (in_flight_ > 0 || draining_) return;
  if (suspect_runs_) {
    for (const auto& queue : suspect_queues_) {
      if (queue.loaded() > 0) return;
    }
    // It has come through: whatever it still waits for (a retry) it may do in company.
    suspect_runs_ = false;
    suspect_ = nullptr;
    pump();
  }
  if (suspect_ || suspects_.empty()) return;
  suspect_ = std::move(suspects_.front());
  suspects_.pop_front();
  parts_->storage->mark_suspect(suspect_->where,
                                [me = parts_->intake, marked = suspect_](store_result<nothing> result) {
                                  me.send(suspect_marked{marked, std::move(result)});
                                });
}

void intake_state::run_suspect(const suspect_marked& m) {
  if (m.suspect != suspect_) return;
  if (m.result.has_error()) {
    suspects_.push_front(std::exchange(suspect_, nullptr));  // the tick tries again
    return;
  }
  log::warn("suspect_runs_alone", {{"entry", suspect_->where.id}, {"job", suspect_->document->id}});
  suspect_runs_ = true;
  settlement over;
  admit(suspect_, over);
  settle(std::move(over));
  pump();
  next_suspect();
}

}  // namespace dispatch
