// What a tenant may not use ends before anything else is asked about it; and how many a second it may send.

#include <algorithm>
#include <utility>

#include "actors/intake/intake_state.hpp"

namespace dispatch {

bool intake_state::refuse_app(const run_ptr& owner, settlement& over) {
  // Which app signs what is posted to it the tenant does not choose, its configuration does.
  if (owner->lane == lane::results) return false;
  const auto& document = *owner->document;
  if (may_use_app(parts_->config->tenants, document.tenant, document.app)) return false;
  for (std::uint32_t at = 0; at < owner->states.size(); ++at) {
    if (!owner->states[at].startable()) continue;
    over.ends.push_back({{owner, at}, outcome::failed, "app_not_allowed", {}});
  }
  return true;
}

void intake_state::hold_for_tenants(scope_number scope, std::vector<work_item>& items) {
  auto& lines = gates_[scope].tenants;
  settlement over;
  // What tenants share between them is no more than the scope's own limit.
  auto rate = parts_->config->limits.tenant_rate;
  if (const auto of_scope = parts_->scopes[scope].rate; of_scope > 0)
    rate = std::min(rate, of_scope / double(std::max<std::size_t>(lines.size(), 1)));
  const auto now = parts_->time->wall();
  const auto read_ahead = parts_->config->engine.read_ahead;
  for (auto& item : items) {
    const auto tenant = item.owner->document->tenant;
    auto line = lines.find(tenant);
    if (line == lines.end())
      line = lines.try_emplace(std::string(tenant), parts_->config->lanes.weights).first;
    // All of them together are no more than what may be loaded; but each tenant has a place.
    const auto left = read_ahead > held_ ? read_ahead - held_ : 0;
    const auto most =
        std::max<std::size_t>(1, std::min(tenant_line::capacity(rate), line->second.size() + left));
    const auto before = line->second.size();
    const auto leaving = line->second.push(std::move(item), most);
    held_ += static_cast<std::uint32_t>(line->second.size() - before);
    if (!leaving) continue;
    const auto in = leaving->owner->lane;
    auto back = line->second.comes_back(in, rate, now);
    if (const auto& end = leaving->owner->document->expires_at) back = std::min(back, *end);
    over.parks.push_back({*leaving, {in, parts_->scopes[scope].name}, back});
  }
  settle(std::move(over));
}

void intake_state::demand_for_tenants(scope_number scope) {
  const auto now = parts_->time->wall();
  auto& lines = gates_[scope].tenants;
  std::erase_if(lines, [&](const auto& each) { return each.second.is_over(now); });
  for (const auto& [tenant, line] : lines) {
    if (line.size() == 0) continue;
    const auto want = static_cast<std::uint32_t>(line.size());
    parts_->limiters[scope % parts_->limiters.size()].send(permit_demand{scope, tenant, want});
  }
}

void intake_state::start_held(const permit_grant& m) {
  auto& lines = gates_[m.scope].tenants;
  const auto line = lines.find(m.tenant);
  if (line == lines.end()) return;
  std::vector<work_item> items;
  const auto before = line->second.size();
  line->second.take(std::min(m.granted, free_room(m.scope)), items);
  held_ -= static_cast<std::uint32_t>(before - line->second.size());
  sift(items);
  if (!items.empty()) begin_sending(m.scope, items);
  if (only_alone()) next_suspects();
}

void intake_state::take_held(scope_number scope, std::vector<work_item>& items) {
  for (auto& [tenant, line] : gates_[scope].tenants) {
    held_ -= static_cast<std::uint32_t>(line.size());
    line.take_all(items);
  }
}

}  // namespace dispatch
