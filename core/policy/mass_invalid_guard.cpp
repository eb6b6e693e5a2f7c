#include "core/policy/mass_invalid_guard.hpp"

#include <algorithm>

namespace dispatch {
namespace {

mass_invalid_settings bounded(mass_invalid_settings settings) {
  settings.max_share = settings.max_share >= 0.0 ? std::min(settings.max_share, 1.0) : 0.0;
  settings.least_sends = std::clamp<std::uint64_t>(settings.least_sends, 1, 1'000'000'000);
  return settings;
}

}  // namespace

mass_invalid_guard::mass_invalid_guard(const mass_invalid_settings& settings)
    : settings_{bounded(settings)}, slice_size_{(settings_.least_sends + 9) / 10} {}

bool mass_invalid_guard::record(std::uint64_t sends, std::uint64_t dead, time_point now) {
  if (sends == 0) return !tripped_;
  auto* open = &ring_[newest_];
  const bool stale = now - open->begun >= settings_.max_age;
  if (open->held.sends >= slice_size_ || (open->held.sends > 0 && stale)) {
    newest_ = (newest_ + 1) % slices;
    open = &ring_[newest_];
    *open = {};
  }
  if (open->held.sends == 0) open->begun = now;
  open->held.sends += sends;
  open->held.dead += std::min(dead, sends);

  if (tripped_) return false;
  if (now < quiet_until_) return true;
  const auto [judged, of_them_dead] = recent(now);
  if (judged < settings_.least_sends) return true;
  // The small term: a fifth of 1,000 is not more than a fifth, however it is rounded.
  tripped_ = static_cast<double>(of_them_dead) > settings_.max_share * static_cast<double>(judged) + 1e-9;
  return !tripped_;
}

void mass_invalid_guard::reset(time_point quiet_until) {
  ring_ = {};
  quiet_until_ = quiet_until;
  tripped_ = false;
}

mass_invalid_guard::counts mass_invalid_guard::recent(time_point now) const noexcept {
  counts sum;
  for (std::size_t i = 0; i < slices && sum.sends < settings_.least_sends; ++i) {
    const auto& each = ring_[(newest_ + slices - i) % slices];
    if (each.held.sends == 0 || now - each.begun >= settings_.max_age) break;
    sum.sends += each.held.sends;
    sum.dead += each.held.dead;
  }
  return sum;
}

}  // namespace dispatch
