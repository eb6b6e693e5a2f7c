#include "actors/retry.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "actors/patience.hpp"
#include "core/policy/retry_budget.hpp"
#include "core/policy/retry_policy.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

// Beyond so many in memory the rest is parked, however short its wait.
constexpr std::size_t max_waiting = 10'000;
constexpr auto tick_interval = 20ms;

}  // namespace

class retry_state {
 public:
  retry_state(std::shared_ptr<const engine_parts> parts, std::uint64_t seed)
      : parts_(std::move(parts)), random_(seed) {
    follow_settings(parts_->time->now());
  }

  /// A (next) life of the actor begins.
  void attach(retry_actor::pointer self) {
    self_ = self;
    armed_ = false;
    arm();
  }
  const peer<retry_actor>& place() const { return parts_->retry; }

  void take(const retry_batch& batch) {
    now_ = parts_->time->now();
    wall_ = parts_->time->wall();
    follow_settings(now_);
    budget_of(batch.scope).on_first_attempts(batch.first_attempts, now_);
    ready_items back{batch.scope, {}, true};
    settlement over;
    over.counted = true;
    shelved_ = 0;
    for (const auto& entry : batch.entries) decide(batch, entry, back, over);
    if (!back.items.empty()) parts_->intake.send(std::move(back));
    if (!over.empty()) parts_->tracker.send(std::move(over));
    if (shelved_ > 0) parts_->intake.send(confirmed{shelved_});
    arm();
  }

  // Their time has come; now it is the budget that may make them wait, near by or, behind many others, in
  // storage again.
  void take_back(const returned_items& m) {
    now_ = parts_->time->now();
    wall_ = parts_->time->wall();
    follow_settings(now_);
    auto& budget = budget_of(m.scope);
    ready_items back{m.scope, {}, false};
    settlement over;
    for (const auto& item : m.items) {
      if (draining_) {
        over.parks.push_back({item, home_of(item, m.scope), std::nullopt});
      } else if (budget.try_take(now_)) {
        back.items.push_back(item);
      } else {
        await_budget(item, m.scope, over);
      }
    }
    if (!back.items.empty()) parts_->intake.send(std::move(back));
    if (!over.empty()) parts_->tracker.send(std::move(over));
    arm();
  }

  void let_go(leaving_scopes going) {
    std::set<scope_number> here;
    for (const auto& [due, waiter] : waiting_) here.insert(waiter.scope);
    std::erase_if(going.scopes, [&here](scope_number scope) { return here.contains(scope); });
    parts_->intake.send(std::move(going));
  }

  void on_tick() {
    armed_ = false;
    now_ = parts_->time->now();
    follow_settings(now_);
    std::map<scope_number, ready_items> back;
    std::map<const retry_budget*, steady::time_point> not_before;  // those used up
    while (!waiting_.empty() && waiting_.begin()->first <= now_) {
      auto node = waiting_.extract(waiting_.begin());
      auto& waiter = node.mapped();
      auto& budget = budget_of(waiter.scope);
      auto& later = not_before[&budget];
      if (later == steady::time_point{} && !budget.try_take(now_)) {
        later = std::clamp(budget.next_available(now_), now_ + tick_interval, now_ + 1'000ms);
      }
      if (later != steady::time_point{}) {
        node.key() = later;
        waiting_.insert(std::move(node));
        continue;
      }
      auto& out = back[waiter.scope];
      out.scope = waiter.scope;
      out.items.push_back(std::move(waiter.item));
    }
    for (auto& [scope, items] : back) parts_->intake.send(std::move(items));
    arm();
  }

  // What waits in memory is parked at once, so that the process may go.
  void drain() {
    draining_ = true;
    settlement over;
    const auto wall = parts_->time->wall();
    const auto now = parts_->time->now();
    for (auto& [due, waiter] : waiting_) {
      const auto in = std::chrono::duration_cast<epoch_ms>(std::max(due - now, steady::duration::zero()));
      over.parks.push_back({waiter.item, home_of(waiter.item, waiter.scope), wall + in});
    }
    waiting_.clear();
    if (!over.empty()) parts_->tracker.send(std::move(over));
    // Not urgent: it must come behind what was handed back.
    parts_->intake.send(dispatch::drain{});
  }

 private:
  // A reload changes them, and other processes that come and go: a provider's floor is theirs together.
  void follow_settings(steady::time_point now) {
    const auto version = parts_->config.version();
    const double processes = *parts_->processes;
    if (version == settings_version_ && processes == shared_by_) return;
    settings_version_ = version;
    shared_by_ = processes;
    const auto& rules = parts_->config->retry;
    rules_.max_attempts = rules.attempts;
    rules_.backoff = {rules.base, rules.cap};
    for (auto& budget : budgets_) budget.change(budget_settings(), now);
  }

  retry_budget_settings budget_settings() const {
    const auto& rules = parts_->config->retry;
    return {rules.budget_ratio, rules.budget_per_second / shared_by_};
  }

  /// One an app: all its origins share it.
  retry_budget& budget_of(scope_number scope) {
    const std::size_t app = parts_->scopes[scope].app_index;
    while (budgets_.size() <= app) budgets_.emplace_back(budget_settings(), now_);
    return budgets_[app];
  }

  struct waiting_item {
    scope_number scope = 0;
    work_item item;
  };

  void decide(const retry_batch& batch, const retry_batch::entry& entry, ready_items& back,
              settlement& over) {
    auto& state = entry.item.state();
    if (entry.costs_attempt) ++state.attempts;
    if (!entry.costs_attempt && (batch.blocked || entry.said.retry_after == 0ms)) {
      if (is_given_up(*parts_->config, parts_->scopes[batch.scope], *entry.item.owner, wall_))
        over.ends.push_back({entry.item, outcome::dead, entry.said.reason, {}});
      else
        back.items.push_back(entry.item);
      return;
    }
    const auto made = std::max<std::uint32_t>(state.attempts, 1);
    const auto asked = entry.said.retry_after > 0ms
                           ? std::optional<std::chrono::milliseconds>(entry.said.retry_after)
                           : std::nullopt;
    const auto decision =
        decide_retry(rules_of(batch.scope), made, asked, wall_, entry.item.owner->document->expires_at,
                     std::uniform_real_distribution<>(0.0, 1.0)(random_));
    switch (decision.verdict) {
      case retry_verdict::dead:
        over.ends.push_back({entry.item, outcome::dead, entry.said.reason, {}});
        return;
      case retry_verdict::expired:
        over.ends.push_back({entry.item, outcome::expired, "expired", {}});
        return;
      case retry_verdict::retry:
        wait(batch.scope, entry, decision.retry_at, over);
        return;
    }
  }

  retry_rules rules_of(scope_number scope) const {
    const auto own = own_schedule(*parts_->config, parts_->scopes[scope]);
    return own ? retry_rules{static_cast<std::uint32_t>(own->size()) + 1, rules_.backoff, *own} : rules_;
  }

  void wait(scope_number scope, const retry_batch::entry& entry, epoch_ms at, settlement& over) {
    const auto in = std::max(at - wall_, epoch_ms{0});
    parts_->measures->retries(parts_->scopes[scope].by, entry.said.reason, 1);
    if (draining_ || in > parts_->config->engine.park_after || waiting_.size() >= max_waiting) {
      over.parks.push_back({entry.item, home_of(entry.item, scope), at});
      return;
    }
    waiting_.emplace(now_ + in, waiting_item{scope, entry.item});
    ++shelved_;
  }

  void await_budget(const work_item& item, scope_number scope, settlement& over) {
    const auto turn = budget_of(scope).book(now_);
    // The rate may be another by then: none waits longer than a retry would at most.
    const auto longest = std::max<steady::duration>(rules_.backoff.cap, parts_->config->engine.park_after);
    const auto wait = turn == steady::time_point::max() ? longest : std::min(turn - now_, longest);
    if (wait <= parts_->config->engine.park_after && waiting_.size() < max_waiting) {
      waiting_.emplace(now_ + wait, waiting_item{scope, item});
      return;
    }
    auto due = wall_ + std::chrono::ceil<epoch_ms>(wait);
    if (const auto& expires = item.owner->document->expires_at) due = std::min(due, *expires);
    over.parks.push_back({item, home_of(item, scope), due});
  }

  source home_of(const work_item& item, scope_number scope) const {
    return {item.owner->lane, parts_->scopes[scope].name};
  }

  void arm() {
    if (armed_ || waiting_.empty()) return;
    armed_ = true;
    const auto in =
        std::chrono::ceil<std::chrono::milliseconds>(waiting_.begin()->first - parts_->time->now());
    send_later(self_, std::clamp<std::chrono::milliseconds>(in, 1ms, tick_interval), tick{});
  }

  retry_actor::pointer self_ = nullptr;
  std::shared_ptr<const engine_parts> parts_;
  std::mt19937_64 random_;
  retry_rules rules_;
  std::uint64_t settings_version_ = 0;  ///< that rules_ and the budgets were made from …
  double shared_by_ = 1;                ///< … and how many processes share the floor
  std::deque<retry_budget> budgets_;    ///< by app
  std::multimap<steady::time_point, waiting_item> waiting_;
  steady::time_point now_;
  epoch_ms wall_{};
  std::uint32_t shelved_ = 0;  ///< by the batch at hand
  bool armed_ = false;
  bool draining_ = false;
};

std::shared_ptr<retry_state> make_retry_state(std::shared_ptr<const engine_parts> parts, std::uint64_t seed) {
  return std::make_shared<retry_state>(std::move(parts), seed);
}

retry_actor::behavior_type retry(retry_actor::pointer self, const std::shared_ptr<retry_state>& state) {
  const auto me = state->place();
  log_exceptions(self, me.actor());
  state->attach(self);
  return {on<retry_batch>(me, [state](const retry_batch& m) { state->take(m); }),
          on<returned_items>(me, [state](const returned_items& m) { state->take_back(m); }),
          on<leaving_scopes>(me, [state](const leaving_scopes& m) { state->let_go(m); }),
          on<tick>(me, [state](const tick&) { state->on_tick(); }),
          on<drain>(me, [state](const drain&) { state->drain(); })};
}

}  // namespace dispatch
