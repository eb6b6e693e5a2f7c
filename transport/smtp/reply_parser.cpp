#include "transport/smtp/reply_parser.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::smtp {
namespace {

constexpr std::size_t code_digits = 3;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Up to three digits off the front; false when there is none, or more.
bool skip_number(std::string_view& text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto digits = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(digits);
  return digits >= 1 && digits <= 3;
}

/// class "." subject "." detail, followed by a blank or the line's end.
std::string_view leading_status(std::string_view line) noexcept {
  if (line.size() < 5 || line[1] != '.' || (line[0] != '2' && line[0] != '4' && line[0] != '5')) return {};
  auto rest = line.substr(2);
  if (!skip_number(rest) || !rest.starts_with('.')) return {};
  rest.remove_prefix(1);
  if (!skip_number(rest) || (!rest.empty() && rest.front() != ' ')) return {};
  return line.substr(0, line.size() - rest.size());
}

}  // namespace

std::string_view enhanced_status(int code, std::string_view text) noexcept {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto found = leading_status(text.substr(0, end));
    if (!found.empty()) return found.front() - '0' == code / 100 ? found : std::string_view();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

reply_parser::progress reply_parser::fail(const char* why) {
  error_.assign(why);
  return progress::broken;
}

reply_parser::progress reply_parser::read(std::string_view& bytes, reply& out) {
  if (!error_.empty()) return progress::broken;
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, std::min(end, bytes.size()));
    if (line_.size() + piece.size() + 1 > max_line_bytes) return fail("a reply's line is too long");
    line_.append(piece);
    if (end == std::string_view::npos) {
      bytes = {};
      break;
    }
    bytes.remove_prefix(end + 1);
    if (!line_.ends_with('\r')) return fail("a reply's line ends with a bare LF");
    line_.pop_back();
    const auto line = std::exchange(line_, {});
    const auto how = take_line(line, out);
    if (how != progress::incomplete) return how;
  }
  return progress::incomplete;
}

reply_parser::progress reply_parser::take_line(std::string_view line, reply& out) {
  if (line.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos)
    return fail("a reply holds a bare CR or a NUL");
  const bool has_code = line.size() >= code_digits && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) &&
                        is_digit(line[2]);
  if (!has_code) return fail("a reply's line does not begin with a code");
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  const char mark = line.size() > code_digits ? line[code_digits] : ' ';
  if (mark != ' ' && mark != '-') return fail("a reply's code is followed by neither blank nor hyphen");
  if (lines_ > 0 && code != current_.code) return fail("the lines of a reply differ in their codes");
  if (++lines_ > max_lines) return fail("a reply has too many lines");
  const auto text = line.substr(std::min(code_digits + 1, line.size()));
  if (current_.text.size() + text.size() + 1 > max_text_bytes) return fail("a reply is too long");
  if (lines_ > 1) current_.text.push_back('\n');
  current_.text.append(text);
  current_.code = code;
  if (mark == '-') return progress::incomplete;
  out = std::exchange(current_, {});
  lines_ = 0;
  return progress::complete;
}

}  // namespace dispatch::smtp
