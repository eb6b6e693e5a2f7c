#include "storage/redis/read_marks.hpp"

#include <charconv>

namespace dispatch::redis {

read_marks::stream_id read_marks::parsed(const std::string& id) {
  stream_id result;
  const auto* end = id.data() + id.size();
  const auto dash = std::from_chars(id.data(), end, result.first).ptr;
  if (dash != end) std::from_chars(dash + 1, end, result.second);
  return result;
}

void read_marks::progress::seen(const std::string& id) {
  if (!id.empty() && parsed(id) > parsed(last)) last = id;
}

std::string read_marks::begin(const std::string& stream) {
  auto& mark = marks_[stream];
  return std::exchange(mark.open, true) ? mark.last : std::string();
}

void read_marks::answered(const std::string& stream, const std::string& last, bool whole) {
  auto& mark = marks_[stream];
  mark.seen(last);
  mark.open = !whole;
  if (!whole || mark.claimed.empty()) return;
  mark.seen(mark.claimed.rbegin()->second);
  mark.claimed.clear();
}

void read_marks::claimed(const std::string& stream, const std::string& id) {
  auto& mark = marks_[stream];
  if (!mark.open) {
    mark.seen(id);
  } else if (parsed(id) > parsed(mark.last)) {
    mark.claimed.emplace(parsed(id), id);
  }
}

bool read_marks::was_claimed(const std::string& stream, const std::string& id) const {
  const auto found = marks_.find(stream);
  return found != marks_.end() && found->second.claimed.contains(parsed(id));
}

}  // namespace dispatch::redis
