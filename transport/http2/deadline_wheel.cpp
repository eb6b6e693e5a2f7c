#include "transport/http2/deadline_wheel.hpp"

#include <algorithm>

namespace dispatch::http2 {
namespace {

constexpr std::int64_t slot_ms = 32;

std::int64_t slot_number(std::chrono::steady_clock::time_point when) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count() / slot_ms;
}

}  // namespace

void deadline_wheel::add(timed& item) {
  // What is already late goes where the hand looks next.
  const auto number = std::max(slot_number(item.deadline), hand_);
  slots_[static_cast<std::size_t>(number) % slots].push_back(item);
}

void deadline_wheel::expire(clock::time_point now, std::vector<timed*>& due) {
  const auto last = slot_number(now);
  // After a long pause one lap sees everything.
  const auto first = std::max(hand_, last - static_cast<std::int64_t>(slots) + 1);
  for (auto number = first; number <= last; ++number) {
    auto& list = slots_[static_cast<std::size_t>(number) % slots];
    for (auto it = list.begin(); it != list.end();) {
      timed& item = *it++;
      if (item.deadline > now) continue;
      item.unlink();
      due.push_back(&item);
    }
  }
  hand_ = last;
}

}  // namespace dispatch::http2
