#include "transport/http/head_scanner.hpp"

namespace dispatch {

head_scanner::result head_scanner::find(std::string_view& bytes, std::string_view& head, std::size_t limit) {
  for (;;) {
    const auto end = bytes.find('\n', scanned_);
    if (end == std::string_view::npos) {
      scanned_ = bytes.size();
      return bytes.size() > limit ? result::too_large : result::more;
    }
    if (end >= limit) return result::too_large;
    if (end == line_ || bytes[end - 1] != '\r') return result::bare_line_feed;
    const auto line = bytes.substr(line_, end - 1 - line_);
    scanned_ = line_ = end + 1;
    if (line.empty()) {
      head = bytes.substr(0, line_);
      bytes.remove_prefix(line_);
      scanned_ = line_ = 0;
      return result::whole;
    }
    if (line.front() == ' ' || line.front() == '\t') return result::folded;
  }
}

}  // namespace dispatch
