#pragma once

// A table that only grows: what was added stays where it is, so any thread may hold a reference, and read
// while one adds. Adding is the caller's to serialise.

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace dispatch {

template <class T, std::size_t Capacity>
class append_only {
 public:
  static constexpr std::size_t capacity = Capacity;

  std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }

  /// `at` is less than size().
  T& operator[](std::size_t at) noexcept { return *places_[at]; }
  const T& operator[](std::size_t at) const noexcept { return *places_[at]; }

  /// Not when it is full.
  T& add(T&& one) {
    const auto at = size_.load(std::memory_order_relaxed);
    places_[at] = std::make_unique<T>(std::move(one));
    size_.store(at + 1, std::memory_order_release);
    return *places_[at];
  }

  /// When nobody reads any more.
  void clear() noexcept {
    const auto count = size_.exchange(0, std::memory_order_acq_rel);
    for (std::size_t at = 0; at < count; ++at) places_[at].reset();
  }

 private:
  std::array<std::unique_ptr<T>, Capacity> places_{};
  std::atomic<std::size_t> size_{0};
};

}  // namespace dispatch
