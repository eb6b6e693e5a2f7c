#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "apps/sandbox/fault_orders.hpp"

namespace dispatch::sandbox {

struct delayed_answer {
  steady_time due;
  std::uint64_t connection;
  std::int32_t stream;

  bool operator>(const delayed_answer& other) const { return due > other.due; }
};

// Answers that wait, earliest first. Entries of streams gone meanwhile are dropped when due, so the queue is
// bounded by what clients can open within the longest delay; past max_entries push says no.
class delay_queue {
 public:
  static constexpr std::size_t max_entries = 2'000'000;

  bool push(delayed_answer entry) {
    if (heap_.size() >= max_entries) return false;
    heap_.push(entry);
    return true;
  }
  std::optional<delayed_answer> pop_due(steady_time now) {
    if (heap_.empty() || heap_.top().due > now) return std::nullopt;
    auto entry = heap_.top();
    heap_.pop();
    return entry;
  }
  std::optional<steady_time> next_due() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.top().due;
  }

 private:
  std::priority_queue<delayed_answer, std::vector<delayed_answer>, std::greater<>> heap_;
};

}  // namespace dispatch::sandbox
