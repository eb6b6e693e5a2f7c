#include "core/policy/permit_schedule.hpp"

#include <algorithm>
#include <cmath>

namespace dispatch {
namespace {

constexpr double second_us = 1'000'000.0;
constexpr double promised_excess = 1.02;
constexpr double longest_lapse_us = 100'000.0;
// Room for processes that ask a little later than the horizon reaches.
constexpr double wanted_lag_us = 10'000.0;
// Slots are rounded to what a double holds of a time in microseconds, a quarter of one.
constexpr double rounding_us = 4.0;
constexpr double most_burst = 1e9;

}  // namespace

double permit_limit::default_burst(double rate) noexcept {
  return std::max(1.0, rate / 10.0);
}

permit_terms permit_terms::of(const permit_limit& limit) noexcept {
  // Written so that a NaN becomes the lower bound.
  const double rate = limit.rate > 0.001 ? std::min(limit.rate, 1'000'000.0) : 0.001;
  const double burst = limit.burst > 1.0 ? std::min(limit.burst, most_burst) : 1.0;
  const double interval = second_us / rate;
  const double most_in_a_second = std::floor(rate * promised_excess + burst + 1e-9);
  const double slack = most_in_a_second * interval - second_us - rounding_us;
  const double lapse = std::floor(std::min(longest_lapse_us, slack - std::min(wanted_lag_us, slack / 4.0)));
  return {interval, static_cast<std::int64_t>(slack - lapse), static_cast<std::int64_t>(lapse)};
}

permit_lease lease_permits(const permit_terms& terms, std::int64_t tat_us, std::int64_t now_us,
                           std::uint32_t want, std::int64_t horizon_us) noexcept {
  const auto horizon = std::clamp<std::int64_t>(horizon_us, 0, max_permit_horizon_us);
  const auto furthest =
      now_us + max_permit_horizon_us + static_cast<std::int64_t>(std::ceil(terms.interval_us));
  const auto tat = std::min(tat_us, furthest);
  const auto first = std::max(tat, now_us - terms.lag_us);

  permit_lease lease;
  lease.first_slot_us = first;
  lease.interval_us = terms.interval_us;
  lease.lapse_us = terms.lapse_us;
  lease.granted_at_us = now_us;
  lease.new_tat_us = tat;
  const auto reach = now_us + horizon - first;
  if (reach < 0 || want == 0 || !(terms.interval_us > 0.0)) return lease;

  const auto within_reach = std::floor(static_cast<double>(reach) / terms.interval_us) + 1.0;
  lease.granted = static_cast<std::uint32_t>(std::min(within_reach, static_cast<double>(want)));
  const auto run_us = static_cast<double>(lease.granted) * terms.interval_us;
  // Rounded up: slots of two leases are never closer than those of one.
  lease.new_tat_us = first + static_cast<std::int64_t>(std::ceil(run_us));
  return lease;
}

}  // namespace dispatch
