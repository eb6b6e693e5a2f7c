#pragma once

// One answer of Redis (RESP2) as a value.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::redis {

struct reply {
  enum class kind : std::uint8_t { nil, integer, string, error, array };

  kind type = kind::nil;
  std::int64_t integer = 0;
  std::string text;  ///< string and status; error with its code first ("WRONGTYPE Operation …")
  std::vector<reply> elements;

  bool is_nil() const noexcept { return type == kind::nil; }
  bool is_integer() const noexcept { return type == kind::integer; }
  bool is_string() const noexcept { return type == kind::string; }
  bool is_error() const noexcept { return type == kind::error; }
  bool is_array() const noexcept { return type == kind::array; }

  /// An integer, or a string holding one; `otherwise` for everything else.
  std::int64_t as_integer(std::int64_t otherwise = 0) const noexcept;
  /// A string's text; empty for everything else.
  std::string_view as_text() const noexcept {
    return is_string() ? std::string_view(text) : std::string_view();
  }
  /// An array's element; a nil for everything else and past the end.
  const reply& at(std::size_t index) const noexcept;
  std::size_t size() const noexcept { return elements.size(); }
  /// Of a flat [field, value, …] answer (HGETALL): the value's reply, or a nil.
  const reply& field(std::string_view name) const noexcept;
};

}  // namespace dispatch::redis
