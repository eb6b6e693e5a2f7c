#include "core/policy/retry_after.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/policy/text_cursor.hpp"

namespace dispatch {
namespace {

using detail::civil_time;
using detail::text_cursor;

constexpr std::array<std::string_view, 7> short_days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> long_days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

template <std::size_t N>
bool eat_one_of(text_cursor& in, const std::array<std::string_view, N>& names) noexcept {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return in.eat(name); });
}

bool eat_number(text_cursor& in, std::size_t digits, int& into) noexcept {
  const auto value = in.number(digits);
  if (value) into = *value;
  return value.has_value();
}

bool eat_month(text_cursor& in, int& into) noexcept {
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (!in.eat(months[i])) continue;
    into = static_cast<int>(i) + 1;
    return true;
  }
  return false;
}

bool eat_time(text_cursor& in, civil_time& t) noexcept {
  return eat_number(in, 2, t.hour) && in.eat(":") && eat_number(in, 2, t.minute) && in.eat(":") &&
         eat_number(in, 2, t.second);
}

/// Sun, 06 Nov 1994 08:49:37 GMT
std::optional<civil_time> imf_fixdate(text_cursor in) noexcept {
  civil_time t{};
  const bool ok = eat_one_of(in, short_days) && in.eat(", ") && eat_number(in, 2, t.day) && in.eat(" ") &&
                  eat_month(in, t.month) && in.eat(" ") && eat_number(in, 4, t.year) && in.eat(" ") &&
                  eat_time(in, t) && in.eat(" GMT") && in.done();
  return ok ? std::optional{t} : std::nullopt;
}

/// Sunday, 06-Nov-94 08:49:37 GMT
std::optional<civil_time> rfc850(text_cursor in, int current_year) noexcept {
  civil_time t{};
  int short_year = 0;
  const bool ok = eat_one_of(in, long_days) && in.eat(", ") && eat_number(in, 2, t.day) && in.eat("-") &&
                  eat_month(in, t.month) && in.eat("-") && eat_number(in, 2, short_year) && in.eat(" ") &&
                  eat_time(in, t) && in.eat(" GMT") && in.done();
  if (!ok) return std::nullopt;
  const int latest = current_year + 50;
  t.year = latest - (latest - short_year) % 100;
  return t;
}

/// Sun Nov  6 08:49:37 1994
std::optional<civil_time> asctime_date(text_cursor in) noexcept {
  civil_time t{};
  const bool date = eat_one_of(in, short_days) && in.eat(" ") && eat_month(in, t.month) && in.eat(" ") &&
                    (in.eat(" ") ? eat_number(in, 1, t.day) : eat_number(in, 2, t.day));
  const bool ok =
      date && in.eat(" ") && eat_time(in, t) && in.eat(" ") && eat_number(in, 4, t.year) && in.done();
  return ok ? std::optional{t} : std::nullopt;
}

int year_of(std::chrono::milliseconds now) noexcept {
  const std::chrono::sys_time<std::chrono::milliseconds> time{now};
  return static_cast<int>(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year());
}

std::string_view trimmed(std::string_view value) noexcept {
  const auto first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(" \t") - first + 1);
}

/// Saturates: a sender that asks for ages is understood.
std::optional<std::chrono::milliseconds> delta_seconds(std::string_view digits,
                                                       std::chrono::milliseconds longest) noexcept {
  const auto limit = longest.count() / 1000 + 1;
  std::int64_t seconds = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = std::min<std::int64_t>(seconds * 10 + (c - '0'), limit);
  }
  return std::min<std::chrono::milliseconds>(std::chrono::seconds{seconds}, longest);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_http_date(std::string_view value,
                                                         std::chrono::milliseconds now) {
  const text_cursor in{value};
  auto time = imf_fixdate(in);
  if (!time) time = rfc850(in, year_of(now));
  if (!time) time = asctime_date(in);
  return time ? detail::since_epoch(*time) : std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value,
                                                           std::chrono::milliseconds now,
                                                           std::chrono::milliseconds longest) {
  value = trimmed(value);
  if (value.empty()) return std::nullopt;
  if (value.front() >= '0' && value.front() <= '9') return delta_seconds(value, longest);
  const auto date = parse_http_date(value, now);
  if (!date) return std::nullopt;
  return std::clamp(*date - now, std::chrono::milliseconds{0}, longest);
}

}  // namespace dispatch
