#pragma once

// Latencies in microseconds, log-linear: exact below 128, beyond that 64 buckets per power of two, so a
// quantile is off by at most 0.8 %. 13 KB, whatever is recorded. One per thread, merged when read.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace dispatch {

class latency_histogram {
 public:
  /// Longer ones count as this, shorter than 0 as 0.
  static constexpr std::chrono::microseconds longest{std::chrono::minutes{10}};

  void record(std::chrono::microseconds latency, std::uint64_t times = 1) noexcept;
  void merge(const latency_histogram& other) noexcept;
  void clear() noexcept;

  /// The smallest recorded latency that at least `q` (in [0, 1]) of all do not exceed, to within a bucket;
  /// q = 0 the minimum and q = 1 the maximum, both exact. 0 when nothing was recorded.
  std::chrono::microseconds quantile(double q) const noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::chrono::microseconds sum() const noexcept { return std::chrono::microseconds{sum_us_}; }
  std::chrono::microseconds min() const noexcept;
  std::chrono::microseconds max() const noexcept { return std::chrono::microseconds{max_us_}; }

 private:
  static constexpr unsigned sub_bits = 6;
  static constexpr unsigned top_bit = 29;  // of 600,000,000
  static constexpr std::size_t bucket_count = (top_bit - sub_bits + 2) << sub_bits;

  static std::size_t bucket_of(std::uint64_t us) noexcept;
  static std::uint64_t middle_of(std::size_t bucket) noexcept;

  std::array<std::uint64_t, bucket_count> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t sum_us_ = 0;
  std::int64_t min_us_ = 0;
  std::int64_t max_us_ = 0;
};

}  // namespace dispatch
