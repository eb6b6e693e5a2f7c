#pragma once

// What was built: the version of the root CMakeLists.txt and the git revision at configure time.

#include <string_view>

namespace dispatch {

std::string_view build_version() noexcept;
std::string_view build_revision() noexcept;  ///< short hash, or "unknown" outside a checkout

}  // namespace dispatch
