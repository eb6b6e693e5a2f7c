#include <utility>
#include <variant>

#include "actors/intake/intake_state.hpp"
#include "storage/operator/names.hpp"

namespace dispatch {

void intake_state::control(const control_event& event) {
  parts_->supervisor.send(control_notice{event});
  const auto action = parse_control(event);
  if (!action) return;
  if (const auto* lane = std::get_if<lane_action>(&*action)) {
    control_.apply(*lane);
    return;
  }
  if (std::holds_alternative<forget_action>(*action)) known_tokens_ = suppression_cache();
  const auto* job = std::get_if<job_action>(&*action);
  if (!job || control_.apply(*job).empty()) return;
  log::info("job_control", {{"tenant", job->tenant}, {"job", job->id}, {"kind", event.kind}});
  // What waits for a stream must not start any more; whatever is not concerned comes back at once.
  if (job->what == job_order::resume) return;
  for (std::size_t at = 0; at < gates_.size(); ++at) {
    const auto scope = static_cast<scope_number>(at);
    if (gates_[scope].outstanding > 0) parts_->scopes[scope].way->recall();
  }
}

void intake_state::look_at(const sampled_lanes& m) {
  control_.set_paused(m.paused);
  posts_ = m.posts || posts_results(parts_->config->tenants);
  if (!std::exchange(lanes_known_, true)) fill();
}

void intake_state::sift(std::vector<work_item>& items) {
  settlement over;
  std::erase_if(items, [&](const work_item& item) {
    switch (item.owner->mode.load(std::memory_order_relaxed)) {
      case run_mode::running:
        return false;
      case run_mode::cancelled:
        over.ends.push_back({item, outcome::cancelled, "cancelled", {}});
        return true;
      case run_mode::paused: {
        const auto& document = *item.owner->document;
        over.parks.push_back(
            {item, {item.owner->lane, job_scope(document.tenant, document.id)}, std::nullopt});
        return true;
      }
    }
    return false;
  });
  settle(std::move(over));
}

}  // namespace dispatch
