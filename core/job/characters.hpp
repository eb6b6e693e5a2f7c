#pragma once

// Which bytes the contract allows in names, tokens and URLs. One table look-up a byte: this is the hot path.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dispatch {

inline constexpr std::size_t max_variable_name_bytes = 64;

/// Sets of characters, to be or-ed.
using character_set = std::uint8_t;
inline constexpr character_set name_characters = 1;  ///< A-Z a-z 0-9 _ -
inline constexpr character_set dot = 2;
inline constexpr character_set colon = 4;
inline constexpr character_set tilde_or_percent = 8;
inline constexpr character_set url_characters = 16;  ///< visible ASCII
inline constexpr character_set no_control = 32;      ///< all but C0 controls and DEL
inline constexpr character_set base64_marks = 64;    ///< + / =
inline constexpr character_set name_with_dot = name_characters | dot;
inline constexpr character_set base64_characters = name_characters | base64_marks;  ///< of either alphabet

constexpr std::array<character_set, 256> make_character_table() {
  std::array<character_set, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    character_set sets = 0;
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')
      sets |= name_characters;
    if (c == '.') sets |= dot;
    if (c == ':') sets |= colon;
    if (c == '~' || c == '%') sets |= tilde_or_percent;
    if (c == '+' || c == '/' || c == '=') sets |= base64_marks;
    if (c > 0x20 && c < 0x7f) sets |= url_characters;
    if (c >= 0x20 && c != 0x7f) sets |= no_control;
    table[c] = sets;
  }
  return table;
}

inline constexpr auto character_table = make_character_table();

constexpr bool is_any_of(char c, character_set allowed) noexcept {
  return (character_table[static_cast<unsigned char>(c)] & allowed) != 0;
}

/// True when every byte is in one of the sets; also for an empty text.
constexpr bool all_of(std::string_view text, character_set allowed) noexcept {
  for (const char c : text) {
    if (!is_any_of(c, allowed)) return false;
  }
  return true;
}

}  // namespace dispatch
