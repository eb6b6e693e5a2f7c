#pragma once

// Files that settings name: keys, passwords, templates.

#include <optional>
#include <string>

namespace dispatch {

/// nullopt when it cannot be read.
std::optional<std::string> read_file(const std::string& path);

/// Without the line's end; empty when there is none.
std::string first_line(const std::string& text);

}  // namespace dispatch
