#include "core/tenant_apps.hpp"

#include <algorithm>

namespace dispatch {
namespace {

const tenant_settings* find(const std::vector<tenant_settings>& tenants, std::string_view tenant) noexcept {
  const auto found =
      std::lower_bound(tenants.begin(), tenants.end(), tenant,
                       [](const tenant_settings& each, std::string_view name) { return each.name < name; });
  return found != tenants.end() && found->name == tenant ? &*found : nullptr;
}

}  // namespace

bool may_use_app(const std::vector<tenant_settings>& tenants, std::string_view tenant,
                 std::string_view app) noexcept {
  const auto* known = find(tenants, tenant);
  if (known == nullptr || known->apps.empty()) return true;
  return std::find(known->apps.begin(), known->apps.end(), app) != known->apps.end();
}

const tenant_settings* results_receiver(const std::vector<tenant_settings>& tenants,
                                        std::string_view tenant) noexcept {
  const auto* known = find(tenants, tenant);
  return known != nullptr && !known->results_url.empty() ? known : nullptr;
}

bool posts_results(const std::vector<tenant_settings>& tenants) noexcept {
  return std::any_of(tenants.begin(), tenants.end(),
                     [](const tenant_settings& each) { return !each.results_url.empty(); });
}

}  // namespace dispatch
