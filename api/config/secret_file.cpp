#include "api/config/secret_file.hpp"

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

}  // namespace dispatch
