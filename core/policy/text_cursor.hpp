#pragma once

// What the timestamp parsers share: eat fixed text and fixed numbers from the front of a view. Not for
// others.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace dispatch::detail {

class text_cursor {
 public:
  explicit text_cursor(std::string_view text) noexcept : rest_{text} {}

  bool done() const noexcept { return rest_.empty(); }
  bool eat(std::string_view literal) noexcept {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }
  bool eat_any(std::string_view characters) noexcept {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Exactly `count` (at most 9) decimal digits.
  std::optional<int> number(std::size_t count) noexcept {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  std::size_t digits_ahead() const noexcept {
    const auto end = rest_.find_first_not_of("0123456789");
    return end == std::string_view::npos ? rest_.size() : end;
  }

 private:
  std::string_view rest_;
};

struct civil_time {
  int year;
  int month;
  int day;
  int hour;
  int minute;
  int second;  // 60 in a leap second: counted as the second after
};

/// Since the Unix epoch, taken as UTC; nullopt when a field is out of its range.
inline std::optional<std::chrono::milliseconds> since_epoch(const civil_time& t) noexcept {
  using namespace std::chrono;
  if (t.year < 1 || t.month < 1 || t.day < 1) return std::nullopt;
  const year_month_day date{year{t.year}, month{static_cast<unsigned>(t.month)},
                            day{static_cast<unsigned>(t.day)}};
  if (!date.ok() || t.hour < 0 || t.hour > 23 || t.minute < 0 || t.minute > 59) return std::nullopt;
  if (t.second < 0 || t.second > 60) return std::nullopt;
  return sys_days{date}.time_since_epoch() + hours{t.hour} + minutes{t.minute} + seconds{t.second};
}

}  // namespace dispatch::detail
