#pragma once

// Which apps' credentials a tenant's jobs may use, as configured: [tenants.NAME]. Part of
// actors/settings.hpp.

#include <string>
#include <string_view>
#include <vector>

namespace dispatch {

struct tenant_settings {
  std::string name = "default";
  std::vector<std::string> apps;
};

/// `tenants` in the order of their names, as the configuration gives them. A tenant that is not among them
/// may use every app.
bool may_use_app(const std::vector<tenant_settings>& tenants, std::string_view tenant,
                 std::string_view app) noexcept;

}  // namespace dispatch
