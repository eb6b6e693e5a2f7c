#include "apps/sandbox/attempt_memory.hpp"

#include <algorithm>
#include <functional>

namespace dispatch::sandbox {

attempt_memory::attempt_memory(std::size_t capacity) : capacity_(std::max<std::size_t>(1, capacity)) {}

std::uint32_t attempt_memory::next(provider who, std::string_view token) {
  const std::uint64_t key =
      std::hash<std::string_view>{}(token) ^ (0x9e3779b97f4a7c15ULL * (static_cast<std::uint64_t>(who) + 1));
  std::lock_guard lock(mutex_);
  auto [entry, is_new] = attempts_.try_emplace(key, 0U);
  const std::uint32_t attempt = ++entry->second;
  if (!is_new) return attempt;
  if (ring_.size() < capacity_) {
    ring_.push_back(key);
  } else {
    attempts_.erase(ring_[oldest_]);
    ring_[oldest_] = key;
    oldest_ = (oldest_ + 1) % capacity_;
  }
  return attempt;
}

}  // namespace dispatch::sandbox
