#include "transport/providers/smtp/mail_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "core/job/characters.hpp"
#include "transport/crypto/base64.hpp"

namespace dispatch {
namespace {

constexpr std::size_t line_bytes = 76;
constexpr std::string_view word_begin = "=?UTF-8?B?";
constexpr std::string_view word_end = "?=";

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::size_t longest_word(std::string_view text) noexcept {
  std::size_t longest = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    longest = std::max(longest, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return longest;
}

/// Whether it can be said as it is: also what looks like an encoded-word, or begins or ends with a blank that
/// folding would lose, cannot.
bool is_sayable(std::string_view text) noexcept {
  const bool at_ends = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  return is_ascii(text) && !at_ends && text.find("=?") == std::string_view::npos &&
         text.find("  ") == std::string_view::npos && longest_word(text) < line_bytes;
}

/// The most bytes of `text`, up to `room`, that do not cut a character in two.
std::size_t whole_characters(std::string_view text, std::size_t room) noexcept {
  if (text.size() <= room) return text.size();
  auto at = room;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

/// `column` is where the line stands; kept up to date.
void append_encoded(std::string& out, std::size_t& column, std::string_view text) {
  bool first = true;
  while (!text.empty()) {
    if (!first) {
      out.append("\r\n ");
      column = 1;
    }
    first = false;
    const auto room = line_bytes - std::min(column + word_begin.size() + word_end.size(), line_bytes);
    const auto bytes = whole_characters(text, room / 4 * 3);
    if (bytes == 0) continue;  // no room on this line: a character has at most 4 bytes, a fresh line has 45
    out.append(word_begin).append(base64(text.substr(0, bytes))).append(word_end);
    column += word_begin.size() + word_end.size() + (bytes + 2) / 3 * 4;
    text.remove_prefix(bytes);
  }
}

/// Breaks before a word that would pass the line's end.
void append_folded(std::string& out, std::size_t& column, std::string_view text) {
  bool first = true;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    if (!first) {
      const bool breaks = column + 1 + word.size() > line_bytes;
      out.append(breaks ? "\r\n " : " ");
      column = breaks ? 1 : column + 1;
    }
    first = false;
    out.append(word);
    column += word.size();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void append_name(std::string& out, std::size_t& column, std::string_view name) {
  if (!is_sayable(name)) return append_encoded(out, column, name);
  const bool is_plain =
      std::all_of(name.begin(), name.end(), [](char c) { return is_any_of(c, name_characters) || c == ' '; });
  if (is_plain) return append_folded(out, column, name);
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  append_folded(out, column, quoted);
}

}  // namespace

bool is_header_text(std::string_view text) noexcept {
  return text.size() <= max_header_text_bytes && all_of(text, no_control);
}

void append_plain_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_text_header(std::string& out, std::string_view name, std::string_view text) {
  out.append(name).append(": ");
  auto column = name.size() + 2;
  if (is_sayable(text)) {
    append_folded(out, column, text);
  } else {
    append_encoded(out, column, text);
  }
  out.append("\r\n");
}

void append_mailbox_header(std::string& out, std::string_view name, const mailbox& who) {
  out.append(name).append(": ");
  auto column = name.size() + 2;
  if (!who.name.empty()) {
    append_name(out, column, who.name);
    out.append(column + who.address.size() + 3 > line_bytes ? "\r\n " : " ");
    out.append("<").append(who.address).append(">\r\n");
    return;
  }
  out.append(who.address).append("\r\n");
}

std::string mail_date(epoch_ms when) {
  using namespace std::chrono;
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds at{floor<seconds>(when)};
  const auto day = floor<std::chrono::days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days.at(weekday{day}.c_encoding()),
                     static_cast<unsigned>(date.day()), months.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

}  // namespace dispatch
