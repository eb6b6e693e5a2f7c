// What a tenant may not use ends before anything else is asked about it.

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

}  // namespace dispatch
