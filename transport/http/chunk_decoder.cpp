#include "transport/http/chunk_decoder.hpp"

#include <algorithm>
#include <charconv>

namespace dispatch {
namespace {

constexpr std::size_t max_line = 256;
constexpr std::size_t max_trailers = 4'096;
/// Seven hex digits are 256 MiB: far beyond any limit, and no overflow to think about.
constexpr std::size_t max_size_digits = 7;

bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_plain(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; });
}

enum class line_state { whole, more, bad };

/// Takes a line off the front, without its CRLF.
line_state take_line(std::string_view& bytes, std::string_view& line) {
  const auto end = bytes.substr(0, max_line).find('\n');
  if (end == std::string_view::npos) return bytes.size() >= max_line ? line_state::bad : line_state::more;
  if (end == 0 || bytes[end - 1] != '\r') return line_state::bad;
  line = bytes.substr(0, end - 1);
  bytes.remove_prefix(end + 1);
  return is_plain(line) ? line_state::whole : line_state::bad;
}

}  // namespace

chunk_decoder::result chunk_decoder::read(std::string_view& bytes, std::string& body, std::size_t limit) {
  for (;;) {
    if (part_ == part::data) {
      const auto some = std::min(left_, bytes.size());
      body.append(bytes.substr(0, some));
      bytes.remove_prefix(some);
      left_ -= some;
      if (left_ > 0) return result::more;
      part_ = part::data_end;
    }
    if (part_ == part::data_end) {
      if (bytes.size() < 2)
        return bytes.starts_with('\r') || bytes.empty() ? result::more : result::malformed;
      if (!bytes.starts_with("\r\n")) return result::malformed;
      bytes.remove_prefix(2);
      part_ = part::size;
    }
    std::string_view line;
    const auto found = take_line(bytes, line);
    if (found != line_state::whole) return found == line_state::more ? result::more : result::malformed;
    const auto next = part_ == part::size ? read_size(line, limit - body.size()) : read_trailer(line);
    if (next != result::more) return next;
  }
}

chunk_decoder::result chunk_decoder::read_size(std::string_view line, std::size_t room) {
  const auto digits =
      static_cast<std::size_t>(std::find_if_not(line.begin(), line.end(), is_hex) - line.begin());
  if (digits == 0) return result::malformed;
  if (digits < line.size() && line[digits] != ';') return result::malformed;
  if (digits > max_size_digits) return result::too_large;
  std::from_chars(line.data(), line.data() + digits, left_, 16);
  if (left_ > room) return result::too_large;
  part_ = left_ == 0 ? part::trailer : part::data;
  return result::more;
}

chunk_decoder::result chunk_decoder::read_trailer(std::string_view line) {
  if (line.empty()) return result::done;
  trailer_bytes_ += line.size();
  const bool folded = line.front() == ' ' || line.front() == '\t';
  if (folded || line.find(':') == std::string_view::npos || trailer_bytes_ > max_trailers)
    return result::malformed;
  return result::more;
}

}  // namespace dispatch
