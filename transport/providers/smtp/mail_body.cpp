#include "transport/providers/smtp/mail_body.hpp"

#include <algorithm>

#include "transport/crypto/base64.hpp"

namespace dispatch {
namespace {

constexpr std::size_t line_bytes = 76;

/// Takes a line off the front, without its end.
std::string_view take_line(std::string_view& text) noexcept {
  const auto end = std::min(text.find_first_of("\r\n"), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(end);
  if (text.starts_with("\r\n")) {
    text.remove_prefix(2);
  } else if (!text.empty()) {
    text.remove_prefix(1);
  }
  return line;
}

bool is_literal(char c, bool last) noexcept {
  if (c == ' ' || c == '\t') return !last;  // blanks at a line's end get lost on the way
  return c > ' ' && c < 0x7f && c != '=';
}

void append_quoted_line(std::string& out, std::string_view line) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool last = i + 1 == line.size();
    const bool literal = is_literal(line[i], last);
    const std::size_t width = literal ? 1 : 3;
    // A line that goes on needs a place for the "=" that says so.
    if (column + width > line_bytes - (last ? 0 : 1)) {
      out.append("=\r\n");
      column = 0;
    }
    column += width;
    if (literal) {
      out.push_back(line[i]);
    } else {
      const auto byte = static_cast<unsigned char>(line[i]);
      out.append({'=', digits[byte >> 4], digits[byte & 15]});
    }
  }
  out.append("\r\n");
}

void append_base64(std::string& out, std::string_view text) {
  std::string canonical;
  canonical.reserve(text.size() + text.size() / 16);
  while (!text.empty()) canonical.append(take_line(text)).append("\r\n");
  constexpr std::size_t bytes_a_line = line_bytes / 4 * 3;
  for (std::size_t at = 0; at < canonical.size(); at += bytes_a_line)
    out.append(base64(std::string_view(canonical).substr(at, bytes_a_line))).append("\r\n");
}

}  // namespace

void append_text_part(std::string& out, std::string_view subtype, std::string_view text) {
  const auto beyond =
      std::count_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  // Two bytes more for each against a third more for all.
  const bool quoted = static_cast<std::size_t>(beyond) <= text.size() / 6;
  out.append("Content-Type: text/").append(subtype).append("; charset=utf-8\r\nContent-Transfer-Encoding: ");
  out.append(quoted ? "quoted-printable" : "base64").append("\r\n\r\n");
  if (!quoted) return append_base64(out, text);
  while (!text.empty()) append_quoted_line(out, take_line(text));
}

}  // namespace dispatch
