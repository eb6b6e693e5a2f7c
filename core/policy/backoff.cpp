#include "core/policy/backoff.hpp"

#include <algorithm>

namespace dispatch {
namespace {

double unit(double uniform01) noexcept {
  // Written so that a NaN becomes 0.
  return uniform01 > 0.0 ? std::min(uniform01, 1.0) : 0.0;
}

/// start * 2^(attempt-1), at most limit, without overflow.
std::chrono::milliseconds doubled(std::chrono::milliseconds start, std::chrono::milliseconds limit,
                                  std::uint32_t attempt) noexcept {
  auto value = std::max(start, std::chrono::milliseconds{0});
  for (std::uint32_t i = 1; i < attempt && value.count() > 0 && value < limit; ++i) {
    value = value > limit / 2 ? limit : value * 2;
  }
  return std::min(value, limit);
}

std::chrono::milliseconds scaled(std::chrono::milliseconds value, double factor) noexcept {
  // Not through a double at the whole: the largest values would come back out of range.
  if (factor >= 1.0) return value;
  return std::chrono::milliseconds{static_cast<std::int64_t>(static_cast<double>(value.count()) * factor)};
}

}  // namespace

std::chrono::milliseconds backoff_policy::delay(std::uint32_t attempt, double uniform01) const noexcept {
  return scaled(doubled(base, cap, attempt), unit(uniform01));
}

std::chrono::milliseconds floored_backoff::delay(std::uint32_t attempt, double uniform01) const noexcept {
  const auto shortest = doubled(floor, std::max(cap / 2, floor), attempt);
  return std::min(shortest + scaled(shortest, unit(uniform01)), std::max(cap, floor));
}

}  // namespace dispatch
