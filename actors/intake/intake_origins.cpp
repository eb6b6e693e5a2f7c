// Scopes of origins: when their waiting lists are read, and what leaves when one does not answer
// (docs/architecture.md, "Scopes of origins").

#include <algorithm>

#include "actors/intake/intake_state.hpp"

namespace dispatch {
namespace {

// Lists of one lane in one read: the others have the next.
constexpr std::size_t max_lists_per_read = 32;
constexpr std::uint32_t max_rests_per_list = 64;

}  // namespace

void intake_state::look_at(const waiting_origins& m) {
  if (draining_) return;
  for (const auto& list : m.lists) {
    auto scope = parts_->scopes.find(list.scope);
    if (!scope) scope = scope_of_origin(parts_->apps, list.scope);
    if (scope) sources_.filled(*scope, list.lane);
  }
  fill();
}

bool intake_state::takes_more(scope_number scope, lane in) const {
  const auto& info = parts_->scopes[scope];
  const auto& gate = gates_[scope];
  if (!gate.known || gate.blocked(parts_->time->now()) || parts_->apps[info.app_index].retired) return false;
  return work_.of(scope, in) < could_start(scope);
}

std::uint64_t intake_state::could_start(scope_number scope) const {
  const auto& gate = gates_[scope];
  return std::min<std::uint64_t>(gate.free_window(), gate.second_of_work(parts_->scopes[scope].rate));
}

void intake_state::ask_for_origins(lane in, std::vector<read_ask>& asks) {
  if (entries_wanted(in, work_.from_origins(in)) == 0) return;
  const auto before = asks.size();
  for (auto looks = sources_.awake(in); looks > 0 && asks.size() - before < max_lists_per_read; --looks) {
    auto& list = sources_.next_awake(in);
    if (!takes_more(*list.scope, in)) {
      sources_.rest(list);
      continue;
    }
    const auto items = double(could_start(*list.scope) - work_.of(*list.scope, in));
    const auto rests = static_cast<std::uint32_t>(items / recipients_per_rest_);
    asks.push_back({list.from, std::clamp(rests, 1u, max_rests_per_list)});
  }
}

void intake_state::watch_origins() {
  const auto now = parts_->time->now();
  for (std::size_t at = 0; at < gates_.size(); ++at) {
    const auto scope = static_cast<scope_number>(at);
    auto& gate = gates_[scope];
    if (!gate.of_origin()) continue;
    gate.watch(now);
    if (gate.stuck() && work_.of(scope) > 0) park_loaded(scope);
  }
}

void intake_state::end_holds() {
  const auto now = parts_->time->now();
  while (!holds_.empty() && holds_.begin()->first <= now) {
    sources_.wake_scope(holds_.begin()->second);
    holds_.erase(holds_.begin());
  }
}

}  // namespace dispatch
