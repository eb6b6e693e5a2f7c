#include "api/config/secret_file.hpp"

#include <algorithm>
#include <fstream>

namespace dispatch {

std::variant<std::string, file_problem> read_file(const std::string& path, std::size_t max_bytes) {
  std::ifstream input(path, std::ios::binary);
  std::string text(max_bytes + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  // Opening a directory succeeds; reading it does not.
  if (!input.is_open() || input.bad()) return file_problem{"cannot read " + path};
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (text.size() > max_bytes)
    return file_problem{path + " is larger than " + std::to_string(max_bytes) + " bytes"};
  return text;
}

std::vector<std::string> secret_lines(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    line = line.substr(0, line.find_last_not_of(blanks) + 1);
    if (!line.empty() && !line.starts_with('#')) lines.emplace_back(line);
  }
  return lines;
}

}  // namespace dispatch
