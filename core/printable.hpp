#pragma once

// Text that others wrote, made safe to show: no byte of it steers a terminal, or turns round what is read
// there. What counts as unsafe: control characters (C0, DEL, C1, also as raw bytes), what is no UTF-8, marks
// and overrides of direction, and the line and paragraph separators.

#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch {

/// The first character of a text that is not empty.
struct leading_character {
  std::size_t length = 1;  ///< bytes; 1 for one that begins no UTF-8 (RFC 3629)
  char32_t code = 0xfffd;  ///< U+FFFD for such a byte
  bool safe = false;       ///< to be shown as it is
};
leading_character first_character(std::string_view text) noexcept;

/// What may not be shown becomes '?'. Newlines and tabs too, unless `keep_lines`.
std::string printable(std::string_view text, bool keep_lines = false);

/// The same JSON with what may not be shown as \u escapes: it parses to the same values. Newlines and tabs
/// stay; text that is no UTF-8 becomes U+FFFD.
std::string printable_json(std::string_view json);

}  // namespace dispatch
