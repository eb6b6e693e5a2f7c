#pragma once

// JSON lines on standard error or a file: ts, level, event, then what the event has to say. Any thread.
// Never a token, a credential or a document: a token appears as its hash.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace dispatch::log {

enum class level : std::uint8_t { trace, debug, info, warn, error };

using value = std::variant<std::string_view, std::int64_t, double, bool>;

struct field {
  std::string_view name;
  log::value value;

  field(std::string_view n, std::string_view v) : name(n), value(v) {}
  field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  field(std::string_view n, bool v) : name(n), value(v) {}
  field(std::string_view n, double v) : name(n), value(v) {}
  template <class Int>
  requires(std::is_integral_v<Int> && !std::is_same_v<Int, bool>) field(std::string_view n, Int v)
      : name(n), value(static_cast<std::int64_t>(v)) {}
};

/// Before the first event; `file` empty = standard error. A file that cannot be written later is said once,
/// on standard error. Throws std::runtime_error when it cannot be opened.
void open(level least, const std::string& file);
void set_level(level least);
bool enabled(level which) noexcept;

/// At most 200 lines of one event name a second; what is left out is counted in the next line (`dropped`).
void event(level which, std::string_view name, std::initializer_list<field> fields = {});

inline void info(std::string_view name, std::initializer_list<field> fields = {}) {
  event(level::info, name, fields);
}
inline void warn(std::string_view name, std::initializer_list<field> fields = {}) {
  event(level::warn, name, fields);
}
inline void error(std::string_view name, std::initializer_list<field> fields = {}) {
  event(level::error, name, fields);
}
inline void debug(std::string_view name, std::initializer_list<field> fields = {}) {
  event(level::debug, name, fields);
}

}  // namespace dispatch::log
