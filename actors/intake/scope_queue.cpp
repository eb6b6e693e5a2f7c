#include "actors/intake/scope_queue.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace dispatch {
namespace {

// What is loaded is bounded by the intake (read_ahead and read_ahead_bytes); the queue adds no second bound.
constexpr turn_limits no_second_bound{std::numeric_limits<std::size_t>::max() / 2,
                                      std::numeric_limits<std::uint64_t>::max() / 2, scope_queue::slice_size};

lane_weights weights_of(const std::array<std::uint32_t, lane_count>& shares) {
  lane_weights weights;
  weights.share = shares;
  return weights;
}

}  // namespace

scope_queue::scope_queue(const std::array<std::uint32_t, lane_count>& weights)
    : picker_(weights_of(weights)),
      lanes_{tenant_queue(no_second_bound), tenant_queue(no_second_bound), tenant_queue(no_second_bound),
             tenant_queue(no_second_bound)} {}

void scope_queue::push(slice&& work) {
  auto& lane = lanes_[index_of(work.owner->lane)];
  loaded_[index_of(work.owner->lane)] += work.size();
  const std::string tenant(work.owner->document->tenant);
  for (auto at = work.begin; at < work.end; at += slice_size) {
    slice part{work.owner, work.positions, at, std::min(at + slice_size, work.end)};
    const auto cost = part.size();
    lane.push(tenant, std::move(part), cost);
  }
}

void scope_queue::push_front(slice&& work) {
  loaded_[index_of(work.owner->lane)] += work.size();
  const auto cost = work.size();
  const std::string tenant(work.owner->document->tenant);
  lanes_[index_of(work.owner->lane)].push_front(tenant, std::move(work), cost);
}

bool scope_queue::draw_slice(lane from, std::uint32_t budget, std::vector<work_item>& out,
                             std::uint32_t& taken) {
  auto& queue = lanes_[index_of(from)];
  auto* const part = queue.next();
  if (!part) return false;
  const auto count = std::min(budget, part->size());
  for (std::uint32_t i = 0; i < count; ++i) out.push_back(part->item(part->begin + i));
  part->begin += count;
  queue.spend(count);
  loaded_[index_of(from)] -= count;
  taken += count;
  return true;
}

void scope_queue::draw(std::uint32_t budget, std::vector<work_item>& out) {
  while (budget > 0) {
    std::array<bool, lane_count> has_work{};
    for (auto in : all_lanes) has_work[index_of(in)] = !lanes_[index_of(in)].empty();
    const auto turn = picker_.pick(has_work);
    if (!turn) return;
    std::uint32_t taken = 0;
    draw_slice(turn->which, static_cast<std::uint32_t>(std::min<std::uint64_t>(budget, turn->budget)), out,
               taken);
    picker_.spend(turn->which, taken);
    budget -= taken;
  }
}

void scope_queue::draw_all(lane from, std::vector<work_item>& out) {
  std::uint32_t taken = 0;
  while (draw_slice(from, std::numeric_limits<std::uint32_t>::max(), out, taken)) {
  }
}

}  // namespace dispatch
