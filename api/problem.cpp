#include "api/problem.hpp"

namespace dispatch {

std::string json_quoted(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      const char escaped[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
      out.append(escaped, sizeof escaped);
    } else {
      out += c;
    }
  }
  return out + '"';
}

http_response problem_response(int status, std::string_view title, std::string_view detail) {
  http_response answer{status, "application/problem+json", {{"Cache-Control", "no-store"}}, {}};
  answer.body = "{\"type\":\"about:blank\",\"title\":" + json_quoted(title) +
                ",\"status\":" + std::to_string(status) + ",\"detail\":" + json_quoted(detail) + "}\n";
  return answer;
}

}  // namespace dispatch
