#include "actors/build_info.hpp"

namespace dispatch {

std::string_view build_version() noexcept {
  return DISPATCH_VERSION;
}

std::string_view build_revision() noexcept {
  return DISPATCH_REVISION;
}

}  // namespace dispatch
