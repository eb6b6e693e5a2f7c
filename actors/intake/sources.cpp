#include "actors/intake/sources.hpp"

#include <algorithm>

namespace dispatch {
namespace {

source_ptr make_source(lane in, const std::string& scope) {
  return std::make_shared<const source>(source{in, scope});
}

}  // namespace

source_table::source_table(const scope_table& scopes)
    : scopes_(scopes),
      lists_(
          [this](scope_number scope) {
            std::array<source_state, lane_count> lists;
            for (auto in : all_lanes) {
              lists[index_of(in)].from = make_source(in, scopes_[scope].name);
              lists[index_of(in)].scope = scope;
            }
            return lists;
          },
          scopes.generations()) {
  for (auto in : all_lanes) {
    ready_[index_of(in)].from = make_source(in, std::string(ready_scope));
    lanes_[index_of(in)].from = make_source(in, {});
    fixed_[index_of(in)] = {&ready_[index_of(in)], &lanes_[index_of(in)]};
  }
  follow();
}

bool source_table::follow() {
  bool added = false;
  for (const auto count = scopes_.size(); seen_ < count; ++seen_) {
    const auto scope = static_cast<scope_number>(seen_);
    if (of_origin(scope)) continue;
    for (auto in : job_lanes) {
      auto& all = fixed_[index_of(in)];
      all.insert(all.end() - 1, &waiting_list(scope, in));
    }
    added = true;
  }
  return added;
}

source_state& source_table::next_awake(lane in) {
  const auto& awake = awake_[index_of(in)];
  auto at = awake.upper_bound(turn_[index_of(in)]);
  if (at == awake.end()) at = awake.begin();
  turn_[index_of(in)] = *at;
  return waiting_list(*at, in);
}

source_state* source_table::find(const source& which) {
  if (which.scope.empty()) return &lanes_[index_of(which.lane)];
  if (which.scope == ready_scope) return &ready_[index_of(which.lane)];
  const auto scope = scopes_.find(which.scope);
  return scope ? &waiting_list(*scope, which.lane) : nullptr;
}

void source_table::filled(scope_number scope, lane in) {
  auto& list = waiting_list(scope, in);
  list.waiting = true;
  list.drained = false;
  if (of_origin(scope)) awake_[index_of(in)].insert(scope);
}

void source_table::was_read(source_state& state, bool drained) {
  state.drained = drained;
  state.waiting = state.scope && !drained;
  if (drained && state.scope && of_origin(*state.scope)) rest(state);
}

void source_table::wake_all() {
  for (auto& lane : fixed_) {
    for (auto* state : lane) state->drained = false;
  }
}

void source_table::wake_scope(scope_number scope) {
  if (of_origin(scope)) return room_in(scope);
  for (auto in : all_lanes) waiting_list(scope, in).drained = false;
}

void source_table::forget(scope_number scope) {
  for (auto& awake : awake_) awake.erase(scope);
}

bool source_table::waits(scope_number scope) const {
  const auto& lists = lists_[scope];
  return std::any_of(lists.begin(), lists.end(), [](const source_state& list) { return list.waiting; });
}

void source_table::room_in(scope_number scope) {
  if (!of_origin(scope)) return;
  for (auto in : all_lanes) {
    if (waiting_list(scope, in).waiting) awake_[index_of(in)].insert(scope);
  }
}

}  // namespace dispatch
