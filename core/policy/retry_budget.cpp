#include "core/policy/retry_budget.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dispatch {
namespace {

constexpr std::int64_t one_retry = 1'000'000;
constexpr std::int64_t us_per_second = 1'000'000;
constexpr std::chrono::seconds memory{retry_budget::memory_seconds};
// Above any real count; keeps the sums far from overflow.
constexpr std::uint64_t most_first_attempts = 1'000'000'000;

std::int64_t in_millionths(double value, double most) noexcept {
  return value > 0.0 ? std::llround(std::min(value, most) * static_cast<double>(one_retry)) : 0;
}

}  // namespace

retry_budget::retry_budget(const retry_budget_settings& settings, time_point now)
    : earned_per_first_{in_millionths(settings.ratio, 1.0)},
      floor_per_second_{in_millionths(settings.floor_per_second, 100'000.0)},
      floor_tokens_{floor_per_second_},
      slot_start_{now},
      floor_updated_{now} {}

void retry_budget::change(const retry_budget_settings& settings, time_point now) {
  advance(now);
  earned_per_first_ = in_millionths(settings.ratio, 1.0);
  floor_per_second_ = in_millionths(settings.floor_per_second, 100'000.0);
  floor_remainder_ = 0;
  floor_tokens_ = std::min(floor_tokens_, full_floor());
}

std::int64_t retry_budget::full_floor() const noexcept {
  return std::max(floor_per_second_ * static_cast<std::int64_t>(memory_seconds),
                  floor_per_second_ > 0 ? one_retry : 0);
}

void retry_budget::on_first_attempts(std::uint64_t count, time_point now) {
  advance(now);
  const auto earned = static_cast<std::int64_t>(std::min(count, most_first_attempts)) * earned_per_first_;
  auto& slot = earned_[newest_];
  slot = std::min(slot + earned, static_cast<std::int64_t>(most_first_attempts) * one_retry);
}

bool retry_budget::try_take(time_point now) {
  return take_up_to(1, now) == 1;
}

std::uint64_t retry_budget::take_up_to(std::uint64_t wanted, time_point now) {
  advance(now);
  const auto taken = std::min(wanted, static_cast<std::uint64_t>(available() / one_retry));
  spend(static_cast<std::int64_t>(taken) * one_retry);
  return taken;
}

retry_budget::time_point retry_budget::next_available(time_point now) {
  advance(now);
  if (available() >= one_retry) return now;
  if (floor_per_second_ == 0) return time_point::max();
  // Earned fractions are left out: they may be gone by then.
  const auto missing = one_retry - floor_tokens_;
  const auto wait_us =
      (missing * us_per_second - floor_remainder_ + floor_per_second_ - 1) / floor_per_second_;
  return std::max(now, floor_updated_ + std::chrono::microseconds{wait_us});
}

retry_budget::time_point retry_budget::book(time_point now) {
  advance(now);
  const auto earned = std::accumulate(earned_.begin(), earned_.end(), std::int64_t{0});
  const auto a_second = floor_per_second_ + earned / static_cast<std::int64_t>(memory_seconds);
  if (a_second == 0) return time_point::max();
  booked_ = std::max(booked_, now) + std::chrono::microseconds{one_retry * us_per_second / a_second};
  return booked_;
}

void retry_budget::advance(time_point now) {
  if (now - slot_start_ >= memory) {
    earned_.fill(0);
    slot_start_ = now;
  }
  for (; now - slot_start_ >= std::chrono::seconds{1}; slot_start_ += std::chrono::seconds{1}) {
    newest_ = (newest_ + 1) % earned_.size();
    earned_[newest_] = 0;
  }

  const auto full = full_floor();
  const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(now - floor_updated_);
  // With a floor under one retry in ten seconds a whole one takes longer to gather than the memory.
  const auto gathers = std::max<std::chrono::microseconds>(
      memory,
      std::chrono::microseconds{floor_per_second_ > 0 ? one_retry * us_per_second / floor_per_second_ : 0});
  if (elapsed > gathers) {
    floor_tokens_ = full;
    floor_updated_ = now;
    return;
  }
  if (elapsed.count() <= 0) return;
  const auto gained = elapsed.count() * floor_per_second_ + floor_remainder_;
  floor_remainder_ = gained % us_per_second;
  floor_updated_ += elapsed;
  floor_tokens_ = std::min(floor_tokens_ + gained / us_per_second, full);
}

std::int64_t retry_budget::available() const noexcept {
  return std::accumulate(earned_.begin(), earned_.end(), floor_tokens_);
}

void retry_budget::spend(std::int64_t amount) noexcept {
  // What ends first is spent first: earned budget from the oldest on, then the floor.
  for (std::size_t i = 1; i <= earned_.size() && amount > 0; ++i) {
    auto& slot = earned_[(newest_ + i) % earned_.size()];
    const auto part = std::min(slot, amount);
    slot -= part;
    amount -= part;
  }
  floor_tokens_ -= amount;
}

}  // namespace dispatch
