#include "core/job/field_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "core/job/json_text.hpp"
#include "core/policy/rfc3339.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_pointer_key_bytes = 64;
constexpr std::int64_t max_epoch_seconds = 253'402'300'799;  // the last second of the year 9999

/// RFC 6901 section 3; cut where a character begins, because a key may be anything, even a token.
std::string pointer_part(std::string_view key) {
  std::string out = "/";
  auto length = std::min(key.size(), max_pointer_key_bytes);
  while (length < key.size() && length > 0 && (static_cast<unsigned char>(key[length]) & 0xc0) == 0x80)
    --length;
  for (const char c : key.substr(0, length)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  if (length < key.size()) out += "\u2026";
  return out;
}

}  // namespace

bool field_reader::fail(std::string_view message) {
  error_.pointer.clear();
  error_.message = message;
  return false;
}

bool field_reader::within(std::string_view key) {
  error_.pointer.insert(0, pointer_part(key));
  return false;
}

bool field_reader::within(std::size_t index) {
  error_.pointer.insert(0, fmt::format("/{}", index));
  return false;
}

std::string_view field_reader::keep_minified(std::string_view json) noexcept {
  const std::string_view kept(next_, json_text::minify(json, next_));
  next_ += kept.size();
  return kept;
}

bool field_reader::text(simdjson::dom::element value, std::string_view& out) {
  std::string_view source;
  if (value.get_string().get(source) != simdjson::SUCCESS) return fail("must be a string");
  out = keep(source);
  return true;
}

bool field_reader::text(simdjson::dom::element value, std::size_t max_bytes, character_set allowed,
                        std::string_view& out) {
  std::string_view source;
  if (value.get_string().get(source) != simdjson::SUCCESS) return fail("must be a string");
  if (source.empty()) return fail("must not be empty");
  if (source.size() > max_bytes) return fail(fmt::format("must not be longer than {} bytes", max_bytes));
  if (!all_of(source, allowed)) {
    return fail(allowed == no_control ? "must not contain control characters"
                                      : "contains a character that is not allowed here");
  }
  out = keep(source);
  return true;
}

bool field_reader::object(simdjson::dom::element value, simdjson::dom::object& out) {
  return value.get_object().get(out) == simdjson::SUCCESS || fail("must be an object");
}

bool field_reader::boolean(simdjson::dom::element value, bool& out) {
  return value.get_bool().get(out) == simdjson::SUCCESS || fail("must be true or false");
}

bool field_reader::time(simdjson::dom::element value, std::optional<epoch_ms>& out) {
  std::string_view source;
  if (value.get_string().get(source) == simdjson::SUCCESS) {
    out = parse_rfc3339(source);
    return out.has_value() || fail("must be an RFC 3339 time such as 2026-11-23T18:00:00Z");
  }
  double seconds = 0;
  if (value.get_double().get(seconds) != simdjson::SUCCESS)
    return fail("must be an RFC 3339 time or seconds since the epoch");
  if (!(seconds >= 0 && seconds <= static_cast<double>(max_epoch_seconds)))
    return fail("must be seconds since the epoch, up to the year 9999");
  // Doubles hold such milliseconds exactly, so integers need no path of their own.
  out = epoch_ms(std::llround(seconds * 1000));
  return true;
}

bool field_reader::count(simdjson::dom::element value, std::optional<std::int32_t>& out) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS || number < 0 ||
      number > std::numeric_limits<std::int32_t>::max())
    return fail("must be an integer from 0 to 2147483647");
  out = static_cast<std::int32_t>(number);
  return true;
}

bool field_reader::variable(simdjson::dom::element value, std::string_view& out) {
  std::array<char, 24> digits;
  const auto keep_number = [&](auto number) {
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out = keep({digits.data(), static_cast<std::size_t>(end - digits.data())});
    return true;
  };
  switch (value.type()) {
    case simdjson::dom::element_type::STRING:
      return text(value, out);
    case simdjson::dom::element_type::INT64:
      return keep_number(value.get_int64().value_unsafe());
    case simdjson::dom::element_type::UINT64:
      return keep_number(value.get_uint64().value_unsafe());
    case simdjson::dom::element_type::BOOL:
      out = value.get_bool().value_unsafe() ? "true" : "false";
      return true;
    // 1.50 would come out as 1.5, and a price must not change on its way.
    case simdjson::dom::element_type::DOUBLE:
      return fail("must be written as a string to keep its digits");
    default:
      return fail("must be a string, an integer or a boolean");
  }
}

std::optional<std::string_view> find_duplicate_key(simdjson::dom::object object) {
  constexpr std::size_t few = 12;
  std::array<std::string_view, few> seen;
  if (object.size() <= few) {
    std::size_t count = 0;
    for (const auto [key, value] : object) {
      const auto end = seen.begin() + static_cast<std::ptrdiff_t>(count);
      if (std::find(seen.begin(), end, key) != end) return key;
      seen[count++] = key;
    }
    return std::nullopt;
  }
  std::vector<std::string_view> keys;
  keys.reserve(object.size());
  for (const auto [key, value] : object) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  const auto twin = std::adjacent_find(keys.begin(), keys.end());
  return twin == keys.end() ? std::nullopt : std::optional(*twin);
}

}  // namespace dispatch
