#include "core/policy/permit_wallet.hpp"

#include <algorithm>
#include <cmath>

namespace dispatch {
namespace {

using std::chrono::microseconds;

std::uint32_t bounded_count(double count, std::uint32_t most) noexcept {
  return static_cast<std::uint32_t>(std::clamp(count, 0.0, static_cast<double>(most)));
}

}  // namespace

void permit_wallet::add(const permit_lease& lease, time_point asked_at, time_point received_at) {
  if (lease.granted == 0 || !(lease.interval_us > 0.0)) return;
  drop_lapsed(received_at);
  if (holdings_.size() == max_leases) {
    lapsed_total_ += holdings_.front().count - holdings_.front().next;
    holdings_.pop_front();
  }
  holdings_.push_back(holding{asked_at, std::max(asked_at, received_at),
                              static_cast<double>(lease.first_slot_us - lease.granted_at_us),
                              lease.interval_us, lease.lapse_us, lease.granted, 0});
}

std::uint64_t permit_wallet::available(time_point now) {
  drop_lapsed(now);
  std::uint64_t total = 0;
  for (const auto& held : holdings_) {
    const auto opened = held.opened(now);
    if (opened > held.next) total += opened - held.next;
  }
  return total;
}

std::uint64_t permit_wallet::take(std::uint64_t wanted, time_point now) {
  drop_lapsed(now);
  std::uint64_t taken = 0;
  for (auto& held : holdings_) {
    const auto opened = held.opened(now);
    if (opened <= held.next) continue;
    const auto part = std::min<std::uint64_t>(wanted - taken, opened - held.next);
    held.next += static_cast<std::uint32_t>(part);
    taken += part;
  }
  std::erase_if(holdings_, [](const holding& held) { return held.next == held.count; });
  return taken;
}

std::optional<permit_wallet::time_point> permit_wallet::next_valid(time_point now) {
  drop_lapsed(now);
  std::optional<time_point> earliest;
  for (const auto& held : holdings_) {
    const auto opens = std::max(now, held.opens_at(held.next));
    if (!earliest || opens < *earliest) earliest = opens;
  }
  return earliest;
}

std::uint64_t permit_wallet::held() const noexcept {
  std::uint64_t total = 0;
  for (const auto& held : holdings_) total += held.count - held.next;
  return total;
}

std::uint32_t permit_wallet::holding::opened(time_point now) const noexcept {
  if (now < received_at) return 0;
  const auto since = std::chrono::floor<microseconds>(now - received_at).count();
  return bounded_count(std::floor((static_cast<double>(since) - first_offset_us) / interval_us) + 1.0, count);
}

std::uint32_t permit_wallet::holding::lapsed(time_point now) const noexcept {
  const auto since = std::chrono::ceil<microseconds>(now - asked_at).count();
  // Slots behind the grant count from the grant, so none lapses before a whole lapse has gone by.
  if (since <= lapse_us) return 0;
  return bounded_count(std::ceil((static_cast<double>(since - lapse_us) - first_offset_us) / interval_us),
                       count);
}

permit_wallet::time_point permit_wallet::holding::opens_at(std::uint32_t index) const noexcept {
  const auto offset = first_offset_us + static_cast<double>(index) * interval_us;
  return received_at + microseconds{static_cast<std::int64_t>(std::ceil(std::max(offset, 0.0)))};
}

void permit_wallet::drop_lapsed(time_point now) {
  for (auto& held : holdings_) {
    const auto lapsed = held.lapsed(now);
    if (lapsed <= held.next) continue;
    lapsed_total_ += lapsed - held.next;
    held.next = lapsed;
  }
  std::erase_if(holdings_, [](const holding& held) { return held.next == held.count; });
}

}  // namespace dispatch
