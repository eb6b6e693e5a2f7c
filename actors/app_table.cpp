#include "actors/app_table.hpp"

#include <stdexcept>
#include <system_error>

#include "actors/log.hpp"
#include "actors/scope_table.hpp"

namespace dispatch {
namespace {

// scheme://name:port; names have 253 characters at most (RFC 1035 section 2.3.4).
constexpr std::size_t longest_origin = 300;

}  // namespace

const app_info* app_table::find(provider by, std::string_view name) const noexcept {
  for (std::size_t at = 0; at < apps_.size(); ++at) {
    const auto& app = apps_[at];
    if (app.by == by && app.name == name) return app.retired ? nullptr : &app;
  }
  return nullptr;
}

app_info* app_table::find_any(provider by, std::string_view name) noexcept {
  for (std::size_t at = 0; at < apps_.size(); ++at) {
    if (apps_[at].by == by && apps_[at].name == name) return &apps_[at];
  }
  return nullptr;
}

std::optional<scope_number> scope_of_origin(const app_table& apps, std::string_view scope) {
  const auto parts = parse_scope_name(scope);
  if (!parts || parts->origin.empty()) return std::nullopt;
  const auto* app = apps.find(parts->by, parts->app);
  if (!app || app->scope) return std::nullopt;
  try {
    return app->open(std::string(parts->origin), anybodys_waiting_work);
  } catch (const std::invalid_argument&) {
    return std::nullopt;  // another version's idea of an origin
  } catch (const std::system_error&) {
    return std::nullopt;  // no thread to encrypt with: the next sample names the list again
  }
}

destination destination_of(const app_info* app, const recipient& who, std::string_view tenant) {
  if (!app) return destination::none(outcome::failed, "no_provider");
  if (app->scope) return {app->scope, {}, {}, {}};
  const auto origin = app->adapter->origin_of(who);
  if (origin.empty() || origin.size() > longest_origin) {
    return destination::none(outcome::failed, "invalid_target");
  }
  try {
    if (const auto scope = app->open(origin, tenant)) return {scope, {}, {}, {}};
  } catch (const std::invalid_argument& e) {
    log::warn("origin_refused", {{"app", app->name}, {"detail", e.what()}});
    return destination::none(outcome::failed, "invalid_target");
  } catch (const std::system_error& e) {
    // No thread to encrypt with: it may be had later.
    log::warn("origin_not_made", {{"app", app->name}, {"detail", e.what()}});
  }
  return {std::nullopt, {}, {}, scope_name(app->by, app->name, origin)};
}

}  // namespace dispatch
