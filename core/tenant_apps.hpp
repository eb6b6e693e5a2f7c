#pragma once

// What is configured of a tenant ([tenants.NAME]): which apps' credentials its jobs may use, and where their
// results are posted. Part of actors/settings.hpp.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch {

/// What of its jobs a tenant is posted: their completion, and the outcomes of recipients that were not
/// reached, or of all.
enum class posted_results : std::uint8_t { completion, failures, all };

struct tenant_settings {
  std::string name = "default";
  std::vector<std::string> apps;  ///< empty: every app
  std::string results_url{};      ///< where its jobs' results are posted; empty: nowhere
  std::string results_app = "default";
  posted_results results = posted_results::completion;
};

// `tenants` are in the order of their names, as the configuration gives them.

/// A tenant that is not among them may use every app.
bool may_use_app(const std::vector<tenant_settings>& tenants, std::string_view tenant,
                 std::string_view app) noexcept;

/// Where that tenant's results go and which; nullptr: nowhere.
const tenant_settings* results_receiver(const std::vector<tenant_settings>& tenants,
                                        std::string_view tenant) noexcept;
/// Whether any tenant has results posted.
bool posts_results(const std::vector<tenant_settings>& tenants) noexcept;

}  // namespace dispatch
