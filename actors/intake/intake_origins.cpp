// Scopes of origins: when their waiting lists are read, and what leaves when one does not answer
// (docs/architecture.md, "Scopes of origins").

#include <algorithm>
#include <chrono>
#include <utility>

#include "actors/intake/intake_state.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

// Lists of one lane in one read: the others have the next.
constexpr std::size_t max_lists_per_read = 32;
constexpr std::uint32_t max_rests_per_list = 64;
// An origin to which nothing goes for so long may make room for another. Its connections close by themselves
// after less, or not much more.
constexpr auto quiet_time = 5s;
// Room counts as short for so long after somebody found none.
constexpr auto crowded_memory = 60s;
constexpr auto crowded_interval = 10s;
constexpr auto leave_interval = 1s;
constexpr std::size_t max_leaving = 1'024;
// As long as a breaker is open at first, about.
constexpr auto blocked_rest = 20s;
constexpr std::size_t max_resting = 8'192;

}  // namespace

// Those that find no room have their turn the next time: it begins with the first of them.
void intake_state::look_at(const waiting_origins& m) {
  if (draining_) return;
  bool room = true;
  const auto count = m.lists.size();
  const auto first = look_from_;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& list = m.lists[(first + i) % count];
    auto scope = parts_->scopes.find(list.scope);
    if (!scope && room && !rests(list.scope)) {
      const auto refusals = parts_->scopes.refusals();
      scope = scope_of_origin(parts_->apps, list.scope);
      room = parts_->scopes.refusals() == refusals;
      if (!room) look_from_ = (first + i) % count;
    }
    if (!scope) continue;
    const auto& known = sources_.waiting_list(*scope, list.lane);
    if (!known.waiting) expiries_.doubted({*scope, list.lane});
    sources_.filled(*scope, list.lane);
  }
  fill();
}

void intake_state::park_unplaced(const work_item& item, destination&& to, settlement& over) {
  say_crowded(item.owner->document->tenant);
  over.parks.push_back(
      {item, {item.owner->lane, std::move(to.waits_in)}, std::nullopt, scope_gate::least_window});
}

void intake_state::say_crowded(std::string_view tenant) {
  const auto now = parts_->time->now();
  if (now - crowded_said_ < crowded_interval) return;
  crowded_said_ = now;
  log::warn("origins_crowded", {{"tenant", tenant},
                                {"in_use", parts_->scopes.in_use()},
                                {"detail", "no room for another origin of this tenant: its work waits"}});
}

// Only then: a scope that is kept remembers how fast its origin is.
void intake_state::ask_quiet_origins() {
  const auto now = parts_->time->now();
  const auto refusals = parts_->scopes.refusals();
  if (std::exchange(refusals_seen_, refusals) != refusals) crowded_until_ = now + crowded_memory;
  const bool crowded = now < crowded_until_ || parts_->scopes.in_use() > scope_table::max_origins / 4 * 3;
  if (!crowded || !leaving_.empty() || now - leave_asked_ < leave_interval) return;
  leave_asked_ = now;
  leaving_scopes going;
  for (std::size_t at = 0; at < gates_.size() && going.scopes.size() < max_leaving; ++at) {
    const auto scope = static_cast<scope_number>(at);
    if (parts_->scopes[scope].retired() || !is_quiet(scope)) continue;
    going.scopes.push_back(scope);
    leaving_.emplace(scope, gates_[scope].handed());
  }
  if (!going.scopes.empty()) parts_->tracker.send(std::move(going));
}

// What waits in Redis for a breaker to close is found there when a sample names it.
bool intake_state::is_quiet(scope_number scope) const {
  const auto& gate = gates_[scope];
  const auto now = parts_->time->now();
  if (!gate.of_origin() || !gate.known || gate.outstanding > 0 || !gate.tenants.empty()) return false;
  if (now - gate.used_at() < quiet_time || gate.on_hold(now)) return false;
  if (work_.of(scope) > 0 || (alone_ && alone_scope_ == scope)) return false;
  return gate.blocked(now) || !sources_.waits(scope);
}

void intake_state::let_go(const leaving_scopes& m) {
  const auto now = parts_->time->now();
  std::erase_if(resting_, [now](const auto& each) { return each.second <= now; });
  for (const auto scope : m.scopes) {
    const auto asked = leaving_.find(scope);
    if (asked != leaving_.end() && is_quiet(scope) && gates_[scope].handed() == asked->second) release(scope);
  }
  leaving_.clear();
}

void intake_state::release(scope_number scope) {
  const auto& info = parts_->scopes[scope];
  const auto now = parts_->time->now();
  if (gates_[scope].blocked(now)) {
    parts_->measures->breaker_state(info.name, 0);  // says nothing here until it is made again
    if (resting_.size() < max_resting) resting_.insert_or_assign(info.name, now + blocked_rest);
  }
  sources_.forget(scope);
  expiries_.forget(scope);
  parts_->apps[info.app_index].close(scope);
}

bool intake_state::rests(const std::string& name) const {
  const auto found = resting_.find(name);
  return found != resting_.end() && parts_->time->now() < found->second;
}

bool intake_state::takes_more(scope_number scope, lane in) const {
  const auto& info = parts_->scopes[scope];
  const auto& gate = gates_[scope];
  if (!gate.known || blocked(scope, in) || parts_->apps[info.app_index].retired) return false;
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
