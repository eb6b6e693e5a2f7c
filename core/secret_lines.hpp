#pragma once

// Files of secrets: one a line.

#include <string>
#include <string_view>
#include <vector>

namespace dispatch {

/// Blanks around them, empty lines and lines that begin with # are left out.
std::vector<std::string> secret_lines(std::string_view text);

}  // namespace dispatch
