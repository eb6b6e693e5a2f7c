#include <algorithm>
#include <utility>

#include "actors/intake/intake_state.hpp"

namespace dispatch {
namespace {

// Small enough that a sender's batch is rendered and on the wire while the next is being drawn.
constexpr std::uint32_t max_batch = 128;

}  // namespace

void intake_state::place(slice&& work, scope_number scope, settlement& over) {
  const auto stays = work.end - leaving(work, scope);
  for (auto at = stays; at < work.end; ++at) park(work.item(at), scope, over);
  work.end = stays;
  work_.push(scope, std::move(work));
}

std::uint32_t intake_state::leaving(const slice& work, scope_number scope) {
  const auto& gate = gates_[scope];
  const auto& info = parts_->scopes[scope];
  const auto in = work.owner->lane;
  if (gate.blocked(parts_->time->now())) return work.size();
  // Parked, a suspect would come back as work like any other.
  if (work.owner->recovered || work.owner->where.from->scope == info.name) return 0;
  // With one scope only there is nothing it could hold up, so a mere backlog stays in its lane.
  if (parts_->scopes.size() == 1 && !gate.of_origin()) return 0;
  if (sources_.waiting_list(scope, in).waiting) return work.size();
  const auto have = work_.of(scope, in), enough = gate.second_of_work(info.rate);
  if (have >= enough) return work.size();
  // Of one origin among thousands not a whole job is loaded because a little has room.
  const auto room = enough - have;
  return gate.of_origin() && work.size() > room ? work.size() - static_cast<std::uint32_t>(room) : 0;
}

void intake_state::place_retries(std::vector<work_item>&& items, scope_number scope, settlement& over) {
  if (gates_[scope].blocked(parts_->time->now())) {
    for (const auto& item : items) park(item, scope, over);
  } else {
    parts_->retry.send(returned_items{scope, std::move(items)});
  }
}

void intake_state::park(const work_item& item, scope_number scope, settlement& over) {
  const auto in = item.owner->lane;
  if (const auto& ends = item.owner->document->expires_at) {
    if (*ends <= parts_->time->wall()) {
      over.ends.push_back({item, outcome::expired, "expired", {}});
      return;
    }
    expiries_.noted({scope, in}, *ends);
  }
  sources_.filled(scope, in);
  // What comes back to a slow origin is to be no more than it can start.
  const auto most =
      gates_[scope].of_origin() ? std::clamp<std::uint64_t>(gates_[scope].second_of_work(0), 16, 1'000) : 0;
  over.parks.push_back(
      {item, *sources_.waiting_list(scope, in).from, std::nullopt, static_cast<std::uint32_t>(most)});
}

void intake_state::park_all(scope_number scope) {
  std::vector<work_item> items;
  take_back(scope, items);
  park_loaded(scope, std::move(items));
}

void intake_state::park_loaded(scope_number scope, std::vector<work_item>&& items) {
  settlement over;
  for (auto in : all_lanes) {
    work_.draw_all(scope, in, items);
    if (alone_ && alone_scope_ == scope) alone_queue_.draw_all(in, items);
  }
  for (const auto& item : items) park(item, scope, over);
  settle(std::move(over));
}

// What was handed out and has not reached the channel: batches in a sender's mailbox, items that wait for
// their tenant's permits.
void intake_state::take_back(scope_number scope, std::vector<work_item>& items) {
  for (auto& handed : handed_) {
    for (const auto& batch : handed) {
      if (batch->scope == scope && batch->sent.claim()) {
        items.insert(items.end(), batch->items.begin(), batch->items.end());
      }
    }
  }
  auto& gate = gates_[scope];
  const auto count = static_cast<std::uint32_t>(items.size());
  gate.taken_back(count);
  in_flight_ -= std::min(in_flight_, count);
  take_held(scope, items);
  for (auto& item : items) item.state().probe = false;
}

void intake_state::settle(settlement&& over) {
  if (over.empty()) return;
  over.from_intake = true;
  settled_ += over.size();
  parts_->tracker.send(std::move(over));
}

void intake_state::answered(const room& m) {
  gates_[m.scope].answered(m.answered, parts_->time->now());
  sources_.room_in(m.scope);
  pump(m.scope);
  if (!draining_) fill();
  check_drained();
}

void intake_state::confirm(const confirmed& m) {
  const bool was_full = in_flight_ >= parts_->config->engine.max_in_flight;
  in_flight_ -= std::min(in_flight_, m.recipients);
  const bool was_behind = settled_ > written_;
  written_ += m.settled;
  suspects_.over(m.suspects);
  if (was_full) pump();
  if (was_behind) fill();
  next_suspects();
  check_drained();
}

void intake_state::start_again(const ready_items& m) {
  settlement over;
  const auto now = parts_->time->now();
  if (m.counted) in_flight_ -= std::min(in_flight_, static_cast<std::uint32_t>(m.items.size()));
  for (const auto& item : m.items) {
    if (draining_ || gates_[m.scope].blocked(now)) {
      park(item, m.scope, over);
    } else {
      work_.push_front(m.scope, {item.owner, nullptr, item.position, item.position + 1});
    }
  }
  settle(std::move(over));
  pump(m.scope);
  check_drained();
}

std::uint32_t intake_state::budget(scope_number scope) const {
  const auto& gate = gates_[scope];
  if (!gate.known || draining_ || gate.blocked(parts_->time->now())) return 0;
  if (alone_) return nothing_out() ? 1 : 0;
  if (!parts_->scopes[scope].rendered->has_ample_room()) return 0;
  auto budget = free_room(scope);
  if (gate.state == breaker_state::half_open) budget = std::min(budget, gate.probes);
  return budget;
}

std::uint32_t intake_state::free_room(scope_number scope) const {
  const auto most = parts_->config->engine.max_in_flight;
  return std::min(gates_[scope].free_window(), most > in_flight_ ? most - in_flight_ : 0);
}

// In turns, so that when the room in max_in_flight is little, every scope gets some.
void intake_state::pump() {
  if (only_alone()) {
    if (alone_) pump(alone_scope_);
    return;
  }
  for (auto left = work_.busy(); left > 0; --left) {
    if (in_flight_ >= parts_->config->engine.max_in_flight) return;
    if (const auto scope = work_.next_busy()) pump(*scope);
  }
}

void intake_state::pump(scope_number scope) {
  auto& gate = gates_[scope];
  gate.concurrency = parts_->scopes[scope].way->concurrency();
  // A half-open breaker lets three through in all: no limit is asked for those.
  const bool probing = gate.state == breaker_state::half_open;
  const bool limited_tenants = parts_->config->limits.tenant_rate > 0 && !probing;
  const bool limited = parts_->scopes[scope].rate > 0 && !limited_tenants && !probing;
  while (true) {
    auto count = std::min(budget(scope), max_batch);
    if (limited) {
      demand_permits(scope);
      count = std::min(count, gate.permits);
    }
    if (count == 0 || drawable(scope) == 0) break;
    std::vector<work_item> items;
    items.reserve(count);
    draw(scope, count, items);
    if (items.empty()) break;
    sift(items);
    if (items.empty()) continue;
    if (limited_tenants) {
      hold_for_tenants(scope, items);
    } else {
      if (limited) gate.permits -= static_cast<std::uint32_t>(items.size());
      begin_sending(scope, items);
    }
  }
  if (limited_tenants) demand_for_tenants(scope);
}

void intake_state::begin_sending(scope_number scope, std::vector<work_item>& items) {
  const auto count = static_cast<std::uint32_t>(items.size());
  gates_[scope].sent(count, parts_->time->now());
  in_flight_ += count;
  hand_out(scope, items);
}

// Whatever became of an earlier demand; asking again costs nothing.
void intake_state::demand_again() {
  for (std::size_t at = 0; at < gates_.size(); ++at) {
    const auto scope = static_cast<scope_number>(at);
    gates_[scope].demanded = 0;
    demand_for_tenants(scope);
  }
}

// Asks for what could start now, so that no permit is leased for work that has no room.
void intake_state::demand_permits(scope_number scope) {
  auto& gate = gates_[scope];
  // What waits in the channel has used its permits and not yet been sent: more of it would leave in one
  // burst.
  if (parts_->scopes[scope].way->waiting() > 0) return;
  const auto could = std::min<std::uint64_t>(budget(scope), drawable(scope));
  if (could <= gate.permits + gate.demanded) return;
  gate.demanded = static_cast<std::uint32_t>(could - gate.permits);
  parts_->limiters[scope % parts_->limiters.size()].send(permit_demand{scope, {}, gate.demanded});
}

void intake_state::granted(const permit_grant& m) {
  auto& gate = gates_[m.scope];
  if (m.tenant.empty()) {
    gate.demanded -= std::min(gate.demanded, m.granted);
    gate.permits = parts_->scopes[m.scope].way->waiting() > 0 ? 0 : m.granted;
    pump(m.scope);  // what is not used now has lapsed
    gate.permits = 0;
    return;
  }
  start_held(m);
}

void intake_state::hand_out(scope_number scope, std::vector<work_item>& items) {
  auto& gate = gates_[scope];
  if (gate.state == breaker_state::half_open) {
    for (auto& item : items) item.state().probe = true;
    gate.probes -= std::min(gate.probes, static_cast<std::uint32_t>(items.size()));
  }
  std::array<std::vector<work_item>, platform_count> by_platform;
  for (auto& item : items) by_platform[index_of(item.who().platform)].push_back(std::move(item));
  for (auto on : all_platforms) {
    if (!by_platform[index_of(on)].empty()) give(scope, on, std::move(by_platform[index_of(on)]));
  }
}

void intake_state::give(scope_number scope, platform on, std::vector<work_item>&& items) {
  auto batch = std::make_shared<work_batch>();
  batch->scope = scope;
  batch->platform = on;
  batch->items = std::move(items);
  auto& handed = handed_[index_of(on)];
  while (!handed.empty() && handed.front()->sent.taken()) handed.pop_front();
  handed.push_back(batch);
  parts_->senders[index_of(on)].send(std::move(batch));
}

void intake_state::change_gate(const gate_change& m) {
  auto& gate = gates_[m.scope];
  // What waits there from before is not known.
  if (!std::exchange(gate.known, true) && !gate.of_origin()) doubt_expiries(m.scope);
  const bool same_round = gate.state == m.state && m.probes > 0;
  gate.probes = same_round ? std::min(gate.probes + m.probes, parts_->config->breaker.probes) : m.probes;
  gate.state = m.state;
  if (gate.blocked(parts_->time->now())) {
    parts_->scopes[m.scope].way->recall();
    park_all(m.scope);
    return;
  }
  sources_.wake_scope(m.scope);
  pump(m.scope);
  fill();
}

void intake_state::hold(const hold_scope& m) {
  auto& gate = gates_[m.scope];
  gate.hold_until = std::max(gate.hold_until, m.until);
  if (gate.of_origin()) holds_.emplace(m.until, m.scope);
  parts_->scopes[m.scope].way->recall();
  park_all(m.scope);
}

void intake_state::start_draining() {
  draining_ = true;
  for (std::size_t at = 0; at < gates_.size(); ++at) {
    const auto scope = static_cast<scope_number>(at);
    park_all(scope);
    if (gates_[scope].outstanding > 0) parts_->scopes[scope].way->recall();
  }
  check_drained();
}

void intake_state::check_drained() {
  if (!draining_ || drained_said_ || !nothing_out()) return;
  drained_said_ = true;
  parts_->tracker.send(drained{});
}

}  // namespace dispatch
