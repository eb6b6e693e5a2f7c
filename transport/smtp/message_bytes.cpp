// What a message looks like on its way: lines, dots and their end.

#include "transport/smtp/client_session.hpp"

namespace dispatch::smtp {

bool is_clean_message(std::string_view text) noexcept {
  if (!text.ends_with("\r\n")) return false;
  for (auto at = text.find_first_of(std::string_view("\r\n\0", 3)); at != std::string_view::npos;
       at = text.find_first_of(std::string_view("\r\n\0", 3), at + 2)) {
    if (text.substr(at, 2) != "\r\n") return false;
  }
  return true;
}

void append_dot_stuffed(std::string& out, std::string_view message) {
  out.reserve(out.size() + message.size() + 8);
  while (!message.empty()) {
    if (message.front() == '.') out.push_back('.');
    const auto end = message.find("\r\n");
    const auto line = end == std::string_view::npos ? message.size() : end + 2;
    out.append(message.substr(0, line));
    message.remove_prefix(line);
  }
  out.append(".\r\n");
}

}  // namespace dispatch::smtp
