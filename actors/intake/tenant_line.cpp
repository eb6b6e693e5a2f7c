#include "actors/intake/tenant_line.hpp"

#include <algorithm>
#include <utility>

namespace dispatch {
namespace {

constexpr double seconds_kept = 3.0;
constexpr double least_kept = 16.0;
// Sooner, it would find the same items in its way.
constexpr double soonest_ms = 1'000.0;
constexpr double faster_than_rate = 1.25;
constexpr double least_reach_ms = 5'000.0, most_reach_ms = 60'000.0;
constexpr std::uint32_t crowd = 2'000;

}  // namespace

tenant_line::tenant_line(const std::array<std::uint32_t, lane_count>& weights)
    : picker_([&] {
        lane_weights shares;
        shares.share = weights;
        return shares;
      }()) {}

std::size_t tenant_line::capacity(double rate) noexcept {
  return static_cast<std::size_t>(std::max(least_kept, seconds_kept * rate));
}

std::optional<work_item> tenant_line::push(work_item item, std::size_t most) {
  auto& own = lanes_[index_of(item.owner->lane)];
  // A suspect must not be parked: it would come back as work like any other.
  if (size_ < most || item.state().suspect != 0) {
    own.push_back(std::move(item));
    ++size_;
    return std::nullopt;
  }
  for (auto at = lane_count; at-- > index_of(item.owner->lane) + 1;) {
    if (lanes_[at].empty() || lanes_[at].back().state().suspect != 0) continue;
    auto leaving = std::move(lanes_[at].back());
    lanes_[at].pop_back();
    own.push_back(std::move(item));
    return leaving;
  }
  return item;
}

void tenant_line::take(std::size_t count, std::vector<work_item>& out) {
  count = std::min(count, size_);
  while (count > 0) {
    std::array<bool, lane_count> has_work{};
    for (auto in : all_lanes) has_work[index_of(in)] = !lanes_[index_of(in)].empty();
    const auto turn = picker_.pick(has_work);
    if (!turn) return;
    auto& from = lanes_[index_of(turn->which)];
    const auto part = std::min<std::size_t>({count, from.size(), static_cast<std::size_t>(turn->budget)});
    for (std::size_t i = 0; i < part; ++i) {
      out.push_back(std::move(from.front()));
      from.pop_front();
    }
    picker_.spend(turn->which, part);
    size_ -= part;
    count -= part;
  }
}

void tenant_line::take_all(std::vector<work_item>& out) {
  for (auto& from : lanes_) {
    out.insert(out.end(), from.begin(), from.end());
    from.clear();
  }
  size_ = 0;
}

epoch_ms tenant_line::comes_back(lane in, double rate, epoch_ms wall) {
  auto& to = spread_[index_of(in)];
  const auto now = double(wall.count());
  if (now >= to.judged_at_ms) {
    if (to.crowded > crowd) to.reach_ms *= 2;
    if (to.crowded < crowd / 4) to.reach_ms /= 2;
    to.reach_ms = std::clamp(to.reach_ms, least_reach_ms, most_reach_ms);
    to.judged_at_ms = now + to.reach_ms;
    to.crowded = 0;
  }
  to.next_ms = std::max(to.next_ms, now + soonest_ms) + 1'000.0 / (faster_than_rate * rate);
  if (to.next_ms > now + to.reach_ms) {
    to.next_ms = now + to.reach_ms;
    ++to.crowded;
  }
  return epoch_ms(static_cast<std::int64_t>(to.next_ms));
}

bool tenant_line::is_over(epoch_ms now) const noexcept {
  return size_ == 0 && std::all_of(spread_.begin(), spread_.end(), [&](const spreading& each) {
           return each.next_ms <= double(now.count());
         });
}

}  // namespace dispatch
