#pragma once

// Secrets and mappings in files. Inner header of the ingest tables.

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "core/secret_lines.hpp"

namespace dispatch {

struct file_problem {
  std::string message;  ///< names the file, never what stands in it
};

std::variant<std::string, file_problem> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace dispatch
