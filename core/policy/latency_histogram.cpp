#include "core/policy/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dispatch {

void latency_histogram::record(std::chrono::microseconds latency, std::uint64_t times) noexcept {
  if (times == 0) return;
  const auto us = std::clamp<std::int64_t>(latency.count(), 0, longest.count());
  buckets_[bucket_of(static_cast<std::uint64_t>(us))] += times;
  min_us_ = count_ == 0 ? us : std::min(min_us_, us);
  max_us_ = std::max(max_us_, us);
  count_ += times;
  sum_us_ += us * static_cast<std::int64_t>(times);
}

void latency_histogram::merge(const latency_histogram& other) noexcept {
  if (other.count_ == 0) return;
  for (std::size_t i = 0; i < bucket_count; ++i) buckets_[i] += other.buckets_[i];
  min_us_ = count_ == 0 ? other.min_us_ : std::min(min_us_, other.min_us_);
  max_us_ = std::max(max_us_, other.max_us_);
  count_ += other.count_;
  sum_us_ += other.sum_us_;
}

void latency_histogram::clear() noexcept {
  *this = latency_histogram{};
}

std::chrono::microseconds latency_histogram::min() const noexcept {
  return std::chrono::microseconds{min_us_};
}

std::chrono::microseconds latency_histogram::quantile(double q) const noexcept {
  if (count_ == 0) return {};
  if (!(q > 0.0)) return min();
  if (q >= 1.0) return max();
  const auto rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    seen += buckets_[i];
    if (seen < rank) continue;
    // The ends are known exactly; a bucket's middle must not lie beyond them.
    return std::chrono::microseconds{std::clamp(static_cast<std::int64_t>(middle_of(i)), min_us_, max_us_)};
  }
  return max();
}

std::size_t latency_histogram::bucket_of(std::uint64_t us) noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(us));
  if (width <= sub_bits + 1) return static_cast<std::size_t>(us);
  const auto shift = width - (sub_bits + 1);
  return (static_cast<std::size_t>(shift) << sub_bits) + static_cast<std::size_t>(us >> shift);
}

std::uint64_t latency_histogram::middle_of(std::size_t bucket) noexcept {
  if (bucket < (std::size_t{2} << sub_bits)) return bucket;
  const auto shift = (bucket >> sub_bits) - 1;
  const auto first = (static_cast<std::uint64_t>(bucket) - (static_cast<std::uint64_t>(shift) << sub_bits))
                     << shift;
  return first + (((std::uint64_t{1} << shift) - 1) / 2);
}

}  // namespace dispatch
