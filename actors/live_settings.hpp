#pragma once

// The settings in force, which a reload replaces while actors read them. Reading is one atomic load. Any
// thread.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "actors/settings.hpp"

namespace dispatch {

/// A reference taken from it is good for the handler that took it: what was replaced is freed when it is a
/// minute old and four more have followed. Who wants to keep something copies it, and looks at version().
class live_settings {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes kept_for{1};
  static constexpr std::size_t kept_at_least = 4;

  live_settings() { set({}); }
  live_settings(const live_settings&) = delete;
  live_settings& operator=(const live_settings&) = delete;

  const settings* operator->() const noexcept { return current_.load(std::memory_order_acquire); }
  const settings& operator*() const noexcept { return *current_.load(std::memory_order_acquire); }
  /// Grows with every set(): tells who has copied something that there is something new.
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }

  void set(settings next, clock::time_point now = clock::now()) {
    std::scoped_lock lock(guard_);
    if (!all_.empty()) all_.back().replaced_at = now;
    all_.push_back({std::make_unique<const settings>(std::move(next)), {}});
    current_.store(all_.back().value.get(), std::memory_order_release);
    version_.fetch_add(1, std::memory_order_acq_rel);
    while (all_.size() > 1 + kept_at_least && now - all_.front().replaced_at >= kept_for) all_.pop_front();
  }

  /// How many are in memory.
  std::size_t kept() const {
    std::scoped_lock lock(guard_);
    return all_.size();
  }

 private:
  struct held {
    std::unique_ptr<const settings> value;
    clock::time_point replaced_at;
  };
  mutable std::mutex guard_;
  std::deque<held> all_;
  std::atomic<const settings*> current_{nullptr};
  std::atomic<std::uint64_t> version_{0};
};

/// A value that a reload changes, as part of what is otherwise immutable.
template <class T>
class live_value {
 public:
  live_value(T value = {}) noexcept : value_(value) {}  // NOLINT: reads and writes like a T
  live_value(const live_value& other) noexcept : value_(T(other)) {}
  live_value& operator=(const live_value& other) noexcept { return *this = T(other); }
  live_value& operator=(T value) noexcept {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  operator T() const noexcept { return value_.load(std::memory_order_relaxed); }  // NOLINT

 private:
  std::atomic<T> value_;
};
using live_number = live_value<double>;
using live_flag = live_value<bool>;

}  // namespace dispatch
