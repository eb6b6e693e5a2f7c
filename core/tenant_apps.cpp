#include "core/tenant_apps.hpp"

#include <algorithm>

namespace dispatch {

bool may_use_app(const std::vector<tenant_settings>& tenants, std::string_view tenant,
                 std::string_view app) noexcept {
  const auto found =
      std::lower_bound(tenants.begin(), tenants.end(), tenant,
                       [](const tenant_settings& each, std::string_view name) { return each.name < name; });
  if (found == tenants.end() || found->name != tenant) return true;
  return std::find(found->apps.begin(), found->apps.end(), app) != found->apps.end();
}

}  // namespace dispatch
