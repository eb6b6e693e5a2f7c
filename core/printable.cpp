#include "core/printable.hpp"

#include <fmt/format.h>

#include <iterator>

namespace dispatch {
namespace {

bool is_safe(char32_t code) noexcept {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
  // Directions (UAX #9): ALM, LRM, RLM, embeddings, overrides, isolates. Separators: a new line to some.
  if (code == 0x61c || code == 0x200e || code == 0x200f) return false;
  return !(code >= 0x2028 && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069);
}

bool is_line_or_tab(char32_t code) noexcept {
  return code == '\n' || code == '\t';
}

}  // namespace

leading_character first_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, lead, is_safe(lead)};
  std::size_t length = 0;
  if (lead >= 0xc2 && lead <= 0xdf) length = 2;
  if (lead >= 0xe0 && lead <= 0xef) length = 3;
  if (lead >= 0xf0 && lead <= 0xf4) length = 4;
  if (length == 0 || text.size() < length) return {};
  char32_t code = lead & (0xffU >> (length + 1));
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0U) != 0x80) return {};
    code = code << 6U | (byte(at) & 0x3fU);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least[length] || surrogate || code > 0x10ffff) return {};
  return {length, code, is_safe(code)};
}

std::string printable(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto next = first_character(text);
    if (next.safe || (keep_lines && is_line_or_tab(next.code)))
      out.append(text.substr(0, next.length));
    else
      out += '?';
    text.remove_prefix(next.length);
  }
  return out;
}

std::string printable_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const auto next = first_character(json);
    if (next.safe || is_line_or_tab(next.code))
      out.append(json.substr(0, next.length));
    else  // all of them are in the first plane: no surrogates needed
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(next.code));
    json.remove_prefix(next.length);
  }
  return out;
}

}  // namespace dispatch
