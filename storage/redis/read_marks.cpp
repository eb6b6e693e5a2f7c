#include "storage/redis/read_marks.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace dispatch::redis {
namespace {

std::pair<std::uint64_t, std::uint64_t> parsed(const std::string& id) {
  std::pair<std::uint64_t, std::uint64_t> result;
  const auto* end = id.data() + id.size();
  const auto dash = std::from_chars(id.data(), end, result.first).ptr;
  if (dash != end) std::from_chars(dash + 1, end, result.second);
  return result;
}

}  // namespace

std::string read_marks::begin(const std::string& stream) {
  auto& mark = marks_[stream];
  return std::exchange(mark.open, true) ? mark.last : std::string();
}

void read_marks::answered(const std::string& stream, const std::string& last, bool whole) {
  seen(stream, last);
  marks_[stream].open = !whole;
}

void read_marks::seen(const std::string& stream, const std::string& id) {
  auto& mark = marks_[stream];
  if (!id.empty() && parsed(id) > parsed(mark.last)) mark.last = id;
}

bool read_marks::any_open() const noexcept {
  return std::any_of(marks_.begin(), marks_.end(), [](const auto& at) { return at.second.open; });
}

}  // namespace dispatch::redis
