#include <utility>

#include "apps/dispatchd/config/config.hpp"
#include "apps/dispatchd/config/registry.hpp"

namespace dispatch {
namespace config {
namespace {

template <class Object>
void changed_keys(std::vector<std::string>& out, const Object& before, const Object& after,
                  const std::vector<key<Object>>& keys, const std::string& prefix) {
  for (const auto& each : keys)
    if (!each.live && each.get(before) != each.get(after)) out.push_back(prefix + each.name);
}

template <class App>
const App* find_app(const std::vector<App>& apps, const std::string& name) {
  for (const auto& app : apps)
    if (app.app == name) return &app;
  return nullptr;
}

template <class App>
void changed_apps(std::vector<std::string>& out, std::string_view section, const std::vector<App>& before,
                  const std::vector<App>& after, const std::vector<key<App>>& keys) {
  for (const auto& app : before) {
    if (const auto* now = find_app(after, app.app))
      changed_keys(out, app, *now, keys, std::string(section) + '.' + app.app + '.');
  }
}

template <class Object>
void copy_live(Object& to, const Object& from, const std::vector<key<Object>>& keys) {
  for (const auto& each : keys)
    if (each.live) each.copy(to, from);
}

/// Apps come and go; of those that stay the live keys are taken.
template <class App>
std::vector<App> reloaded_apps(const std::vector<App>& before, const std::vector<App>& after,
                               const std::vector<key<App>>& keys) {
  auto out = after;
  for (auto& app : out) {
    const auto* known = find_app(before, app.app);
    if (!known) continue;
    const auto next = std::exchange(app, *known);
    copy_live(app, next, keys);
  }
  return out;
}

}  // namespace
}  // namespace config

std::vector<std::string> keys_needing_restart(const settings& before, const settings& after) {
  std::vector<std::string> out;
  config::changed_keys(out, before, after, config::setting_keys(), "");
  // Whether it listens is settled at the start: somebody who may call came, or the last of them went.
  if (before.http.open != after.http.open && before.http.listen == after.http.listen)
    out.push_back("http.listen");
  config::changed_apps(out, "fcm", before.fcm, after.fcm, config::fcm_keys());
  config::changed_apps(out, "apns", before.apns, after.apns, config::apns_keys());
  config::changed_apps(out, "smtp", before.smtp, after.smtp, config::smtp_keys());
  config::changed_apps(out, "webpush", before.webpush, after.webpush, config::webpush_keys());
  config::changed_apps(out, "webhook", before.webhook, after.webhook, config::webhook_keys());
  return out;
}

settings reloaded(const settings& before, const settings& after) {
  auto out = before;
  config::copy_live(out, after, config::setting_keys());
  out.fcm = config::reloaded_apps(before.fcm, after.fcm, config::fcm_keys());
  out.apns = config::reloaded_apps(before.apns, after.apns, config::apns_keys());
  out.smtp = config::reloaded_apps(before.smtp, after.smtp, config::smtp_keys());
  out.webpush = config::reloaded_apps(before.webpush, after.webpush, config::webpush_keys());
  out.webhook = config::reloaded_apps(before.webhook, after.webhook, config::webhook_keys());
  // All keys of these are live, and so are their coming and going.
  out.tenants = after.tenants;
  out.credentials = after.credentials;
  out.sources = after.sources;
  return out;
}

}  // namespace dispatch
