#include "actors/control/job_control.hpp"

#include <algorithm>
#include <utility>

namespace dispatch {

bool change_mode(run& which, run_mode from, run_mode to) noexcept {
  return which.mode.compare_exchange_strong(from, to);
}

/// A tenant holds no slash.
std::string job_control::name(std::string_view tenant, std::string_view id) {
  std::string out;
  out.reserve(tenant.size() + 1 + id.size());
  return out.append(tenant).append("/").append(id);
}

void job_control::opened(const run_ptr& which) {
  if (!which->has_hash) return;
  if (registered_ >= sweep_at_) sweep();
  jobs_[name(which->document->tenant, which->document->id)].push_back(which);
  ++registered_;
}

/// Costs as much as there is, and comes after as many registrations: constant for each.
void job_control::sweep() {
  registered_ = 0;
  for (auto at = jobs_.begin(); at != jobs_.end();) {
    std::erase_if(at->second, [](const auto& one) { return one.expired(); });
    registered_ += at->second.size();
    at = at->second.empty() ? jobs_.erase(at) : std::next(at);
  }
  sweep_at_ = 2 * registered_ + slack;
}

std::vector<run_ptr> job_control::find(std::string_view tenant, std::string_view id) const {
  std::vector<run_ptr> out;
  const auto at = jobs_.find(name(tenant, id));
  if (at == jobs_.end()) return out;
  for (const auto& one : at->second) {
    if (auto alive = one.lock()) out.push_back(std::move(alive));
  }
  return out;
}

std::vector<run_ptr> job_control::cancel(std::string_view tenant, std::string_view id) {
  auto out = find(tenant, id);
  std::erase_if(
      out, [](const run_ptr& one) { return one->mode.exchange(run_mode::cancelled) == run_mode::cancelled; });
  return out;
}

std::vector<run_ptr> job_control::pause(std::string_view tenant, std::string_view id) {
  return change(tenant, id, run_mode::running, run_mode::paused);
}

std::vector<run_ptr> job_control::resume(std::string_view tenant, std::string_view id) {
  return change(tenant, id, run_mode::paused, run_mode::running);
}

std::vector<run_ptr> job_control::change(std::string_view tenant, std::string_view id, run_mode from,
                                         run_mode to) {
  auto out = find(tenant, id);
  std::erase_if(out, [&](const run_ptr& one) { return !change_mode(*one, from, to); });
  return out;
}

std::vector<run_ptr> job_control::apply(const job_action& action) {
  switch (action.what) {
    case job_order::pause:
      return pause(action.tenant, action.id);
    case job_order::resume:
      return resume(action.tenant, action.id);
    default:
      return cancel(action.tenant, action.id);
  }
}

bool job_control::apply(const lane_action& action) noexcept {
  return std::exchange(paused_[index_of(action.lane)], action.pause) != action.pause;
}

}  // namespace dispatch
