#include <algorithm>
#include <utility>
#include <variant>

#include "actors/intake/intake_state.hpp"
#include "storage/operator/names.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_held_back = 65'536;
constexpr auto unusable_again = 2'000ms;
constexpr std::size_t most_asked_again = 256;

}  // namespace

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
  if (m.paused_known || !lanes_known_) control_.set_paused(m.paused);
  posts_ = m.posts || posts_results(parts_->config->tenants);
  if (!std::exchange(lanes_known_, true)) fill();
}

void intake_state::sift(std::vector<work_item>& items) {
  settlement over;
  std::erase_if(items, [&](const work_item& item) {
    if (item.owner->unwritten.load(std::memory_order_relaxed) == run_hold::held &&
        held_back_.size() < max_held_back) {
      held_back_.push_back(item);
      return true;
    }
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

// Of runs whose outcomes cannot be written: started, they would only fill up what may be unwritten.
void intake_state::start_held_back() {
  settlement over;
  for (auto& item : std::exchange(held_back_, {})) {
    if (item.owner->unwritten.load(std::memory_order_relaxed) == run_hold::held) {
      held_back_.push_back(std::move(item));
    } else {
      enqueue(item.owner, item.position, item.position + 1, over);
    }
  }
  settle(std::move(over));
  const auto now = parts_->time->now();
  if (unusable_.empty() || now < ask_unusable_at_) return;
  ask_unusable_at_ = now + unusable_again;
  const auto some = std::min<std::size_t>(unusable_.size(), most_asked_again);
  std::vector<run_ptr> again(unusable_.begin(), unusable_.begin() + static_cast<std::ptrdiff_t>(some));
  unusable_.erase(unusable_.begin(), unusable_.begin() + static_cast<std::ptrdiff_t>(some));
  accept(std::move(again));
}

}  // namespace dispatch
