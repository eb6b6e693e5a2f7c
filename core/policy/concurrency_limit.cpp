#include "core/policy/concurrency_limit.hpp"

#include <algorithm>
#include <cmath>

namespace dispatch {
namespace {

// For so long the best average is believed.
constexpr std::chrono::seconds trust{30};
// What a judgement may change at most, and what refusals take away.
constexpr double growth = 1.25;
constexpr double shrink = 0.7;
// A limit that is not used says nothing about what a higher one would do.
constexpr double used_share = 0.8;
constexpr std::uint32_t few_answers = 8;

}  // namespace

concurrency_limit::concurrency_limit(const concurrency_settings& settings)
    : settings_(settings), limit_(std::clamp(settings.start, settings.least, settings.most)) {}

void concurrency_limit::answered(duration round_trip, bool refused) noexcept {
  if (refused) {
    ++refusals_;
    return;
  }
  ++answers_;
  sum_ += round_trip;
}

bool concurrency_limit::judge(std::uint32_t in_flight, time_point now) {
  most_in_flight_ = std::max(most_in_flight_, in_flight);
  if (now - judged_at_ < settings_.interval || answers_ + refusals_ < few_answers) return false;
  const auto average = answers_ > 0 ? std::max(sum_ / answers_, duration{1}) : duration::zero();
  // What was sent under the latest limit must have had time to be answered.
  if (now - judged_at_ < average) return false;
  const auto before = limit_;
  limit_ = std::clamp(next(average, now), settings_.least, settings_.most);
  answers_ = refusals_ = most_in_flight_ = 0;
  sum_ = duration::zero();
  judged_at_ = now;
  return limit_ != before;
}

std::uint32_t concurrency_limit::next(duration average, time_point now) {
  if (refusals_ > settings_.refused_share * (answers_ + refusals_)) {
    phase_ = phase::following;
    return static_cast<std::uint32_t>(limit_ * shrink);
  }
  switch (phase_) {
    case phase::following:
      return follow(average, now);
    case phase::draining:
      phase_ = phase::measuring;
      return limit_;
    case phase::measuring:
      phase_ = phase::following;
      remember(average, now);
      return resume_at_;
  }
  return limit_;
}

std::uint32_t concurrency_limit::follow(duration average, time_point now) {
  const bool used = most_in_flight_ >= used_share * limit_;
  if (average < best_) {
    remember(average, now);
  } else if (now - best_known_at_ >= trust) {
    // What is sent below the limit, or at the least there is, meets no queue of ours.
    if (!used || limit_ <= settings_.least_when_slow) {
      remember(average, now);
    } else {
      resume_at_ = limit_;
      phase_ = phase::draining;
      return std::max(settings_.least_when_slow, limit_ / 2);
    }
  }
  const auto drawn = drawn_to(average);
  return drawn > limit_ && !used ? limit_ : drawn;
}

std::uint32_t concurrency_limit::drawn_to(duration average) const {
  const auto good = std::chrono::duration<double>(best_) * settings_.slack + settings_.tolerance;
  const auto ratio = good / std::chrono::duration<double>(average);
  const auto drawn = static_cast<std::uint32_t>(std::ceil(limit_ * std::clamp(ratio, shrink, growth)));
  return std::max(drawn, std::min(limit_, settings_.least_when_slow));
}

void concurrency_limit::remember(duration best, time_point now) noexcept {
  best_ = best;
  best_known_at_ = now;
}

}  // namespace dispatch
