#include <simdjson.h>

#include <cstdint>
#include <cstring>

#include "core/job/text_template.hpp"

namespace dispatch {
namespace {

constexpr std::uint64_t each_byte = 0x0101010101010101u;
constexpr std::uint64_t high_bits = 0x8080808080808080u;

// Marks bytes below 0x20, quotes and backslashes by their high bit. A borrow can mark a byte wrongly, but
// only above a rightly marked one, and only the lowest mark is used.
std::uint64_t marks(std::uint64_t word) noexcept {
  const std::uint64_t quote = word ^ (each_byte * '"');
  const std::uint64_t backslash = word ^ (each_byte * '\\');
  return (((word - each_byte * 0x20) & ~word) | ((quote - each_byte) & ~quote) |
          ((backslash - each_byte) & ~backslash)) &
         high_bits;
}

bool needs_escape(unsigned char byte) noexcept {
  return byte < 0x20 || byte == '"' || byte == '\\';
}

/// The first byte at or after `from` that needs escaping, or whose high bit is set when that counts.
std::size_t find_special(std::string_view text, std::size_t from, bool high_counts) noexcept {
  const std::uint64_t high_mask = high_counts ? high_bits : 0;
  std::size_t at = from;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    if (const auto found = marks(word) | (word & high_mask))
      return at + static_cast<std::size_t>(__builtin_ctzll(found)) / 8;
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (needs_escape(byte) || (high_counts && byte >= 0x80)) break;
  }
  return at;
}

void append_escape(std::string& out, unsigned char byte) {
  static constexpr char hex[] = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const char text[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
  out.append(text, sizeof text);
}

/// How long a UTF-8 sequence starting with this byte is; 0 when none does (RFC 3629 section 4).
std::size_t sequence_length(unsigned char lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

std::string with_replacements(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  while (!text.empty()) {
    const auto length = sequence_length(static_cast<unsigned char>(text.front()));
    const bool valid = length > 0 && length <= text.size() && simdjson::validate_utf8(text.data(), length);
    out.append(valid ? text.substr(0, length) : std::string_view("\xef\xbf\xbd"));
    text.remove_prefix(valid ? length : 1);
  }
  return out;
}

void append_with_escapes(std::string& out, std::string_view text, std::size_t first) {
  std::size_t from = 0;
  for (std::size_t at = first; at < text.size(); at = find_special(text, from, false)) {
    out.append(text, from, at - from);
    append_escape(out, static_cast<unsigned char>(text[at]));
    from = at + 1;
  }
  out.append(text, from);
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  auto at = find_special(text, 0, true);
  if (at == text.size()) {
    out.append(text);
    return;
  }
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    const auto repaired = with_replacements(text);
    append_with_escapes(out, repaired, find_special(repaired, 0, false));
    return;
  }
  if (static_cast<unsigned char>(text[at]) >= 0x80) at = find_special(text, at, false);
  append_with_escapes(out, text, at);
}

void append_unescaped(std::string& out, std::string_view text) {
  out.append(text);
}

}  // namespace dispatch
