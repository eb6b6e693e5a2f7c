#include "core/policy/concurrency_limit.hpp"

#include <algorithm>
#include <cmath>

namespace dispatch {
namespace {

// The best round trip is the best of between one and two of these.
constexpr std::chrono::seconds stretch{30};
// What a judgement may change at most, and what refusals take away.
constexpr double growth = 1.25;
constexpr double shrink = 0.7;
// A limit that is not used says nothing about what a higher one would do.
constexpr double used_share = 0.8;
constexpr std::uint32_t few_answers = 8;

}  // namespace

concurrency_limit::concurrency_limit(const concurrency_settings& settings)
    : settings_(settings), limit_(std::clamp(settings.start, settings.least, settings.most)) {}

void concurrency_limit::answered(duration round_trip, bool refused) {
  if (refused) {
    ++refusals_;
    return;
  }
  ++answers_;
  sum_ += round_trip;
  shortest_ = std::min(shortest_, round_trip);
}

void concurrency_limit::remember_best(duration round_trip, time_point now) {
  if (now - stretch_began_ >= stretch) {
    // After a long silence both are out of date.
    best_before_ = now - stretch_began_ >= 2 * stretch ? round_trip : best_;
    best_ = round_trip;
    stretch_began_ = now;
  }
  best_ = std::min(best_, round_trip);
}

std::uint32_t concurrency_limit::next(std::uint32_t in_flight, duration average) const {
  if (refusals_ > settings_.refused_share * (answers_ + refusals_)) {
    return static_cast<std::uint32_t>(limit_ * shrink);
  }
  const auto best = std::min(best_, best_before_);
  const auto good = std::chrono::duration<double>(best) * settings_.slack + settings_.tolerance;
  const auto ratio = good / std::chrono::duration<double>(average);
  if (ratio < 1) {
    const auto least = std::min(limit_, settings_.least_when_slow);
    return std::max(least, static_cast<std::uint32_t>(limit_ * std::max(shrink, ratio)));
  }
  if (in_flight < used_share * limit_) return limit_;
  return static_cast<std::uint32_t>(std::ceil(limit_ * growth));
}

bool concurrency_limit::judge(std::uint32_t in_flight, time_point now) {
  most_in_flight_ = std::max(most_in_flight_, in_flight);
  if (now - judged_at_ < settings_.interval || answers_ + refusals_ < few_answers) return false;
  const auto average = answers_ > 0 ? sum_ / answers_ : duration::zero();
  // What was sent under the latest limit must have had time to be answered.
  if (now - judged_at_ < average) return false;
  if (answers_ > 0) remember_best(shortest_, now);
  const auto before = limit_;
  limit_ = std::clamp(next(most_in_flight_, std::max(average, duration{1})), settings_.least, settings_.most);
  answers_ = refusals_ = most_in_flight_ = 0;
  sum_ = duration::zero();
  shortest_ = duration::max();
  judged_at_ = now;
  return limit_ != before;
}

}  // namespace dispatch
