// Work taken over from a dead process, and which of it to blame (docs/architecture.md, "When things fail").

#include <algorithm>
#include <utility>

#include "actors/intake/intake_state.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t deaths_before_poison = 3;
// Of a slow provider: so long what runs alone may hold up everything else, which then has as long.
constexpr auto longest_turn = 1'000ms;

}  // namespace

void intake_state::take_over(const lapsed_consumers& lapsed) {
  for (const auto& name : lapsed.names) {
    if (std::find(lapsed_.begin(), lapsed_.end(), name) == lapsed_.end()) lapsed_.push_back(name);
  }
  // It knew what expires when in what it had put into waiting lists.
  for (std::size_t at = 0; at < gates_.size(); ++at) doubt_expiries(static_cast<scope_number>(at));
  fill();
}

bool intake_state::is_poison(const entry& what, const run_ptr& owner, settlement& over) const {
  if (what.deaths_alone < deaths_before_poison || what.died_alone < 0) return false;
  const auto at = static_cast<std::uint32_t>(what.died_alone);
  if (at >= owner->states.size() || owner->states[at].ended) return false;
  log::error("poison", {{"entry", what.id},
                        {"tenant", owner->document->tenant},
                        {"job", owner->document->id},
                        {"recipient", owner->document->recipients[at].index},
                        {"deaths", what.deaths_alone}});
  owner->states[at].withheld = true;
  over.ends.push_back({{owner, at}, outcome::dead, "poison", {}});
  return owner->open == 1;
}

bool intake_state::only_alone() const noexcept {
  return alone_marked_ || (suspects_.anyone_alone() && parts_->time->now() >= company_until_);
}

std::uint64_t intake_state::drawable(scope_number scope) const {
  if (!only_alone()) return work_.of(scope);
  return alone_ && alone_scope_ == scope ? alone_queue_.loaded() : 0;
}

void intake_state::draw(scope_number scope, std::uint32_t budget, std::vector<work_item>& items) {
  if (only_alone()) {
    alone_queue_.draw(budget, items);
  } else {
    work_.draw(scope, budget, items);
  }
}

void intake_state::next_suspects() {
  if (marking_ || draining_) return;
  if (marks_) return store_marks();
  if (alone_) {
    if (!nothing_out() || alone_queue_.loaded() > 0) return;
    // It has come through: whatever it still waits for (a retry) it may do in company.
    alone_.reset();
    take_turns();
  }
  if (suspects_.anyone_alone() && parts_->time->now() >= company_until_) {
    if (!nothing_out()) return;  // what was started before it is to end first
    if (!alone_marked_) alone_since_ = parts_->time->now();
    alone_ = suspects_.next_alone();
  }
  suspect_marks marks;
  if (alone_) {
    marks.alone = {alone_->owner->where, alone_->position, {}};
  } else {
    group_ = suspects_.next_group();
    for (const auto& [owner, begin, end, company] : group_) {
      if (end > begin) marks.started.push_back({owner->where, end - 1, company});
    }
    if (group_.empty() && !alone_marked_) return;
  }
  marks_ = std::move(marks);
  store_marks();
}

void intake_state::take_turns() {
  const auto now = parts_->time->now();
  if (now - alone_since_ >= longest_turn) company_until_ = now + longest_turn;
}

void intake_state::store_marks() {
  marking_ = true;
  alone_marked_ = alone_marked_ || marks_->alone;
  parts_->storage->mark_suspects(*marks_, [me = parts_->intake](store_result<nothing> result) {
    me.send(suspects_marked{std::move(result)});
  });
}

void intake_state::run_suspects(const suspects_marked& m) {
  marking_ = false;
  if (m.result.has_error() || draining_) return;  // the tick tries again, or they stay pending
  marks_.reset();
  settlement over;
  if (alone_) {
    log::warn("suspect_runs_alone", {{"entry", alone_->owner->where.id},
                                     {"job", alone_->owner->document->id},
                                     {"recipient", alone_->who().index}});
    run_alone(*alone_, over);
  } else {
    alone_marked_ = false;
    for (const auto& [owner, begin, end, company] : std::exchange(group_, {})) {
      enqueue(owner, begin, end, over);
    }
  }
  settle(std::move(over));
  pump();
  fill();
  next_suspects();
}

void intake_state::run_alone(const work_item& item, settlement& over) {
  auto to = parts_->destination_of(item.who(), *item.owner->document);
  if (!to.waits_in.empty()) {
    park_unplaced(item, std::move(to), over);
  } else if (!to.scope) {
    over.ends.push_back({item, to.result, to.reason, {}});
  } else if (gates_[*to.scope].blocked(parts_->time->now())) {
    park(item, *to.scope, over);
  } else {
    alone_scope_ = *to.scope;
    alone_queue_.push({item.owner, nullptr, item.position, item.position + 1});
  }
}

}  // namespace dispatch
