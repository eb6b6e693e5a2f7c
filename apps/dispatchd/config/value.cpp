#include "apps/dispatchd/config/value.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

#include "core/job/characters.hpp"
#include "core/printable.hpp"

namespace dispatch::config {
namespace {

constexpr std::size_t max_text_bytes = 4'096;

struct unit {
  std::string_view name;
  std::int64_t factor;
};

// Largest first: printing takes the first that divides.
constexpr std::array<unit, 4> time_units{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<unit, 4> size_units{{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

template <class Number>
bool whole_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

/// "32MiB" into 32 << 20; false when it is not a whole number and a known unit, or too much for 64 bits.
template <std::size_t N>
bool with_unit(std::string_view text, const std::array<unit, N>& units, std::int64_t& out) {
  const auto digits = text.find_first_not_of("0123456789");
  std::int64_t count = 0;
  if (digits == std::string_view::npos || !whole_number(text.substr(0, digits), count)) return false;
  for (const auto& each : units) {
    if (each.name != text.substr(digits)) continue;
    return !__builtin_mul_overflow(count, each.factor, &out);
  }
  return false;
}

template <std::size_t N>
std::string print_with_unit(std::int64_t value, const std::array<unit, N>& units) {
  for (const auto& each : units)
    if (value != 0 && value % each.factor == 0)
      return fmt::format("\"{}{}\"", value / each.factor, each.name);
  return "0";
}

/// An integer, whether TOML's or the environment's text.
bool integer_of(const raw_value& raw, std::int64_t& out) {
  if (const auto* integer = std::get_if<std::int64_t>(&raw.data)) {
    out = *integer;
    return true;
  }
  const auto* text = std::get_if<std::string>(&raw.data);
  return text && raw.from_environment && whole_number(std::string_view(*text), out);
}

template <std::size_t N>
bool quantity_of(const raw_value& raw, const std::array<unit, N>& units, std::int64_t& out) {
  if (integer_of(raw, out)) return true;
  const auto* text = std::get_if<std::string>(&raw.data);
  return text && with_unit(*text, units, out);
}

std::string unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

/// What stands before the @ of a URL, its begin and end; empty when nothing does. Up to the last @ there is:
/// of a broken URL too much is taken rather than too little.
std::pair<std::size_t, std::size_t> userinfo_span(std::string_view url) {
  const auto scheme = url.find("://");
  const auto at = url.rfind('@');
  if (scheme == std::string_view::npos || at == std::string_view::npos || at <= scheme + 3) return {0, 0};
  // unix:///run/a@b has no authority.
  if (url[scheme + 3] == '/') return {0, 0};
  return {scheme + 3, at};
}

/// What may be seen of it: a name, and that there is a password. "user%3Apassword" is no name.
std::string redact_userinfo(std::string_view text) {
  const auto user = text.substr(0, text.find(':'));
  if (!all_of(user, name_with_dot)) return "***";
  return user.size() == text.size() ? std::string(user) : std::string(user) + ":***";
}

std::string text_problem(std::string_view text) {
  if (text.size() > max_text_bytes) return fmt::format("must not be longer than {} bytes", max_text_bytes);
  if (!all_of(text, no_control)) return "must not hold control characters";
  return {};
}

void append_toml(std::string& out, std::string_view text) {
  const auto next = first_character(text);
  if (text.front() == '"' || text.front() == '\\') out += '\\';
  if (next.safe)
    out.append(text.substr(0, next.length));
  else
    fmt::format_to(std::back_inserter(out), "\\u{:04X}", static_cast<unsigned>(next.code));
}

}  // namespace

std::string read_integer(const raw_value& raw, std::int64_t least, std::int64_t most, std::int64_t& out) {
  std::int64_t value = 0;
  if (!integer_of(raw, value)) return "expects an integer";
  if (value < least || value > most) return fmt::format("must be between {} and {}", least, most);
  out = value;
  return {};
}

std::string read_number(const raw_value& raw, double least, double most, double& out) {
  double value = 0;
  std::int64_t integer = 0;
  if (const auto* real = std::get_if<double>(&raw.data)) {
    value = *real;
  } else if (integer_of(raw, integer)) {
    value = static_cast<double>(integer);
  } else {
    const auto* text = std::get_if<std::string>(&raw.data);
    if (!text || !raw.from_environment || !whole_number(std::string_view(*text), value))
      return "expects a number";
  }
  // Written so that a NaN is refused.
  if (!(value >= least && value <= most)) return fmt::format("must be between {} and {}", least, most);
  out = value;
  return {};
}

std::string read_duration(const raw_value& raw, std::chrono::milliseconds least,
                          std::chrono::milliseconds most, std::chrono::milliseconds& out) {
  std::int64_t value = 0;
  if (!quantity_of(raw, time_units, value))
    return R"(expects a duration ("500ms", "5s", "10m", "24h", or an integer of milliseconds))";
  if (value < least.count() || value > most.count())
    return fmt::format("must be between {} and {}", unquoted(print_duration(least)),
                       unquoted(print_duration(most)));
  out = std::chrono::milliseconds(value);
  return {};
}

std::string read_size(const raw_value& raw, std::int64_t least, std::int64_t most, std::uint64_t& out) {
  std::int64_t value = 0;
  if (!quantity_of(raw, size_units, value))
    return R"(expects a size ("64KiB", "32MiB", "1GiB", or an integer of bytes))";
  if (value < least || value > most)
    return fmt::format("must be between {} and {}", unquoted(print_size(static_cast<std::uint64_t>(least))),
                       unquoted(print_size(static_cast<std::uint64_t>(most))));
  out = static_cast<std::uint64_t>(value);
  return {};
}

std::string read_text(const raw_value& raw, std::string& out) {
  const auto* text = std::get_if<std::string>(&raw.data);
  if (!text) return "expects a string";
  if (auto wrong = text_problem(*text); !wrong.empty()) return wrong;
  out = *text;
  return {};
}

std::string read_list(const raw_value& raw, std::vector<std::string>& out) {
  if (const auto* list = std::get_if<raw_value::list>(&raw.data)) {
    for (const auto& each : *list)
      if (auto wrong = text_problem(each); !wrong.empty()) return "holds an entry that " + wrong;
    out = *list;
    return {};
  }
  const auto* text = std::get_if<std::string>(&raw.data);
  if (!text || !raw.from_environment) return "expects an array of strings";
  if (!all_of(*text, no_control)) return "must not hold control characters";
  out.clear();
  std::string_view rest = *text;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    auto entry = rest.substr(0, comma);
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    if (!entry.empty()) out.emplace_back(entry);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return {};
}

std::string print_duration(std::chrono::milliseconds value) {
  return print_with_unit(static_cast<std::int64_t>(value.count()), time_units);
}

std::string print_size(std::uint64_t value) {
  return print_with_unit(static_cast<std::int64_t>(value), size_units);
}

std::string print_number(double value) {
  auto text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string print_text(std::string_view value) {
  std::string out = "\"";
  while (!value.empty()) {
    append_toml(out, value);
    value.remove_prefix(first_character(value).length);
  }
  return out + '"';
}

std::string print_list(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const auto& value : values) {
    if (out.size() > 1) out += ", ";
    out += print_text(value);
  }
  return out + ']';
}

std::string redact_url(std::string_view url) {
  const auto [begin, end] = userinfo_span(url);
  auto out = std::string(url.substr(0, begin)) + redact_userinfo(url.substr(begin, end - begin));
  const auto rest = url.substr(end);
  const auto query = rest.find_first_of("?#");
  out.append(rest.substr(0, query));
  if (query != std::string_view::npos) out.append(rest.substr(query, 1)).append("***");
  return out;
}

bool holds_password(std::string_view url) {
  const auto [begin, end] = userinfo_span(url);
  return begin != end && url.substr(begin, end - begin).find(':') != std::string_view::npos;
}

}  // namespace dispatch::config
