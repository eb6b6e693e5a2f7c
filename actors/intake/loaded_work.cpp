#include "actors/intake/loaded_work.hpp"

#include <utility>

namespace dispatch {

loaded_work::loaded_work(const std::array<std::uint32_t, lane_count>& weights)
    : queues_([weights](scope_number) { return scope_queue(weights); }) {}

void loaded_work::count(const run& owner, std::uint64_t items) {
  (owner.from_origin ? from_origins_ : from_elsewhere_)[index_of(owner.lane)] += items;
}

void loaded_work::push(scope_number scope, slice&& work) {
  if (work.size() == 0) return;
  count(*work.owner, work.size());
  busy_.insert(scope);
  queues_[scope].push(std::move(work));
}

void loaded_work::push_front(scope_number scope, slice&& work) {
  count(*work.owner, work.size());
  busy_.insert(scope);
  queues_[scope].push_front(std::move(work));
}

void loaded_work::draw(scope_number scope, std::uint32_t budget, std::vector<work_item>& out) {
  const auto first = out.size();
  queues_[scope].draw(budget, out);
  drawn(scope, out, first);
}

void loaded_work::draw_all(scope_number scope, lane from, std::vector<work_item>& out) {
  const auto first = out.size();
  queues_[scope].draw_all(from, out);
  drawn(scope, out, first);
}

void loaded_work::drawn(scope_number scope, const std::vector<work_item>& out, std::size_t first) {
  for (auto at = first; at < out.size(); ++at) {
    const auto& owner = *out[at].owner;
    --(owner.from_origin ? from_origins_ : from_elsewhere_)[index_of(owner.lane)];
  }
  if (queues_[scope].loaded() == 0) busy_.erase(scope);
}

std::optional<scope_number> loaded_work::next_busy() {
  if (busy_.empty()) return std::nullopt;
  auto at = busy_.upper_bound(turn_);
  if (at == busy_.end()) at = busy_.begin();
  turn_ = *at;
  return turn_;
}

}  // namespace dispatch
