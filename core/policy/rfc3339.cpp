#include "core/policy/rfc3339.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/policy/text_cursor.hpp"

namespace dispatch {
namespace {

using detail::civil_time;
using detail::text_cursor;
using std::chrono::milliseconds;

constexpr std::size_t most_fraction_digits = 9;

bool eat_number(text_cursor& in, std::size_t digits, int& into) noexcept {
  const auto value = in.number(digits);
  if (value) into = *value;
  return value.has_value();
}

std::optional<milliseconds> eat_fraction(text_cursor& in) noexcept {
  if (!in.eat(".")) return milliseconds{0};
  const auto digits = in.digits_ahead();
  if (digits == 0 || digits > most_fraction_digits) return std::nullopt;
  int ms = 0;
  for (std::size_t i = 0; i < std::max<std::size_t>(digits, 3); ++i) {
    const int digit = i < digits ? in.number(1).value_or(0) : 0;
    if (i < 3) ms = ms * 10 + digit;
  }
  return milliseconds{ms};
}

/// East of Greenwich is positive.
std::optional<std::chrono::minutes> eat_offset(text_cursor& in) noexcept {
  if (in.eat_any("Zz")) return std::chrono::minutes{0};
  const int sign = in.eat("-") ? -1 : 1;
  if (sign == 1 && !in.eat("+")) return std::nullopt;
  int hours = 0;
  int minutes = 0;
  if (!eat_number(in, 2, hours) || !in.eat(":") || !eat_number(in, 2, minutes)) return std::nullopt;
  if (hours > 23 || minutes > 59) return std::nullopt;
  return std::chrono::minutes{sign * (hours * 60 + minutes)};
}

/// `after`: the second a leap second is counted as, without fraction. Leap seconds end a month of UTC.
bool follows_leap_second(milliseconds after) noexcept {
  using namespace std::chrono;
  const sys_time<milliseconds> time{after};
  const auto midnight = floor<days>(time);
  return time == midnight && year_month_day{midnight}.day() == day{1};
}

}  // namespace

std::optional<milliseconds> parse_rfc3339(std::string_view text) {
  text_cursor in{text};
  civil_time t{};
  const bool date_and_time = eat_number(in, 4, t.year) && in.eat("-") && eat_number(in, 2, t.month) &&
                             in.eat("-") && eat_number(in, 2, t.day) && in.eat_any("Tt") &&
                             eat_number(in, 2, t.hour) && in.eat(":") && eat_number(in, 2, t.minute) &&
                             in.eat(":") && eat_number(in, 2, t.second);
  if (!date_and_time) return std::nullopt;
  const auto fraction = eat_fraction(in);
  if (!fraction) return std::nullopt;
  const auto offset = eat_offset(in);
  if (!offset || !in.done()) return std::nullopt;
  const auto local = detail::since_epoch(t);
  if (!local) return std::nullopt;
  const auto utc = *local - *offset;
  if (t.second == 60 && !follows_leap_second(utc)) return std::nullopt;
  return utc + *fraction;
}

std::string format_rfc3339(milliseconds since_epoch) {
  using namespace std::chrono;
  constexpr milliseconds earliest = sys_days{year{1} / January / 1}.time_since_epoch();
  constexpr milliseconds latest = sys_days{year{10'000} / January / 1}.time_since_epoch() - milliseconds{1};
  const sys_time<milliseconds> time{std::clamp(since_epoch, earliest, latest)};
  const auto midnight = floor<days>(time);
  const year_month_day date{midnight};
  const hh_mm_ss<milliseconds> clock{time - midnight};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace dispatch
