#include "actors/supervisor/children.hpp"

#include <random>
#include <utility>

#include "actors/intake/intake.hpp"
#include "actors/limiter.hpp"
#include "actors/retry.hpp"
#include "actors/sender.hpp"
#include "actors/tracker/tracker.hpp"

namespace dispatch {

child_table::child_table(std::vector<child_spec> specs) {
  for (auto& spec : specs) children_.push_back({std::move(spec), {}, {}});
}

std::vector<caf::actor> child_table::start_all() {
  std::vector<caf::actor> started;
  for (auto& child : children_) {
    child.handle = child.spec.start();
    started.push_back(child.handle);
  }
  return started;
}

child_table::fate child_table::died(const caf::actor_addr& who, std::chrono::steady_clock::time_point now,
                                    double uniform01) {
  for (std::size_t i = 0; i < children_.size(); ++i) {
    auto& child = children_[i];
    if (!child.handle || child.handle.address() != who) continue;
    child.handle = nullptr;
    child.spec.withdraw();
    fate result{child.spec.name, true, false, {}, i};
    const auto delay = decide_restart(child.history, restart_limits{}, now, uniform01);
    result.give_up = !delay;
    result.after = delay.value_or(std::chrono::milliseconds{0});
    return result;
  }
  return {};
}

caf::actor child_table::restart(std::size_t index) {
  auto& child = children_[index];
  child.handle = child.spec.start();
  return child.handle;
}

void child_table::stop_all() {
  for (auto child = children_.rbegin(); child != children_.rend(); ++child) {
    child->spec.end();
    child->handle = nullptr;
  }
}

namespace {

/// `made` is what every life of the actor is given: its state, or its configuration.
template <class Handle, class Factory, class Made>
child_spec spec_of(caf::actor_system& system, const peer<Handle>& where, Factory factory, Made made) {
  child_spec spec;
  spec.name = where.actor();
  spec.start = [&system, where, factory, made] {
    auto handle = system.spawn(factory, made);
    where.publish(handle);
    return caf::actor_cast<caf::actor>(handle);
  };
  spec.withdraw = [where] { where.withdraw(); };
  spec.end = [where] { where.end(); };
  return spec;
}

}  // namespace

std::vector<child_spec> engine_children(caf::actor_system& system,
                                        const std::shared_ptr<const engine_parts>& parts) {
  std::vector<child_spec> specs;
  specs.push_back(spec_of(system, parts->tracker, tracker, make_tracker_state(parts)));
  specs.push_back(spec_of(system, parts->retry, retry, make_retry_state(parts, parts->seed)));
  for (std::size_t i = 0; i < parts->limiters.size(); ++i) {
    specs.push_back(spec_of(system, parts->limiters[i], limiter, make_limiter_state(parts, i)));
  }
  for (auto on : all_platforms) {
    if (!parts->config->platforms.served_by[index_of(on)]) continue;
    specs.push_back(spec_of(system, parts->senders[index_of(on)], sender, sender_config{parts, on}));
  }
  specs.push_back(spec_of(system, parts->intake, intake, make_intake_state(parts)));
  return specs;
}

}  // namespace dispatch
