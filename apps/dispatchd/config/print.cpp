#include <fmt/format.h>

#include <map>

#include "apps/dispatchd/config/config.hpp"
#include "apps/dispatchd/config/registry.hpp"
#include "core/printable.hpp"

namespace dispatch {
namespace config {
namespace {

std::string origin_of(const config_origins& origins, const std::string& path) {
  const auto found = origins.find(path);
  if (found == origins.end()) return "default";
  const auto& place = found->second;
  return place.line > 0 ? fmt::format("{}:{}", place.file, place.line) : place.file;
}

template <class Object>
void print_keys(std::string& out, const Object& object, const std::vector<key<Object>>& keys,
                const std::string& prefix, const config_origins& origins) {
  for (const auto& each : keys) {
    const auto path = prefix + each.name;
    auto value = each.get(object);
    if (each.secret && value.starts_with('"'))
      value = '"' + redact_url(value.substr(1, value.size() - 2)) + '"';
    out += fmt::format("{} = {}  # {}\n", path, value, printable(origin_of(origins, path)));
  }
}

/// What stands above a section in the shipped file.
const std::map<std::string, std::string>& section_texts() {
  static const std::map<std::string, std::string> texts{
      {"lanes", "# How reading is shared between the lanes that have work.\n"},
      {"platforms",
       "# Which provider serves a platform. A key set here needs an app of that provider below; left out, "
       "its\n"
       "# recipients end failed (no_provider) until there is one.\n"},
      {"breaker",
       "# Per provider and app: opens after `failures` within `window` when they are also a large enough "
       "share.\n"},
      {"hygiene",
       "# Per provider and app: a scope that suddenly calls many tokens dead is held until an operator "
       "decides.\n"},
      {"fcm",
       "# Firebase Cloud Messaging, one section per app ([fcm.NAME]; jobs choose with \"app\": \"NAME\").\n"},
      {"apns",
       "# Apple Push Notification service with a provider token or certificate, one section per app "
       "([apns.NAME]).\n"},
      {"smtp",
       "# Mail through a submission server, one section per sender ([smtp.NAME]); docs/providers.md.\n"},
      {"tenants",
       "# Which apps a tenant's jobs may use, and where their results are posted (docs/result-webhooks.md), "
       "one\n"
       "# section each; a tenant without section may use every app.\n"},
      {"webpush",
       "# Web Push: browsers' subscriptions, one section per VAPID key ([webpush.NAME]); "
       "docs/web-push.md.\n"},
      {"webhook",
       "# Signed webhooks to recipients' URLs, one section per set of secrets ([webhook.NAME]); "
       "docs/providers.md.\n"},
      {"gorush",
       "# POST /api/push, for programs written for gorush. With a credential it is always there; these keys "
       "are "
       "for\n# callers without one.\n"},
      {"http.credentials",
       "# Who may call the HTTP side, one section each ([http.credentials.NAME]); docs/credentials.md.\n"},
      {"http.sources",
       "# Systems whose webhooks become jobs, one section each: POST /v1/webhooks/NAME; "
       "docs/webhooks.md.\n"}};
  return texts;
}

void append_key(std::string& out, std::string_view name, const std::string& value, const std::string& doc,
                const std::string& accepts, bool active) {
  out += fmt::format("# {} [{}]\n", doc, accepts);
  out += fmt::format("{}{} = {}\n", active ? "" : "# ", name, value);
}

void append_section(std::string& out, const std::string& section) {
  out += '\n';
  if (const auto found = section_texts().find(section); found != section_texts().end()) out += found->second;
}

template <class App>
void append_example(std::string& out, std::string_view section, const std::vector<key<App>>& keys) {
  append_section(out, std::string(section));
  out += fmt::format("# [{}.default]\n", section);
  const App defaults;
  for (const auto& each : keys) append_key(out, each.name, each.get(defaults), each.doc, each.accepts, false);
}

}  // namespace
}  // namespace config

std::string print_config(const settings& values, const config_origins& origins) {
  std::string out;
  config::print_keys(out, values, config::setting_keys(), "", origins);
  config::for_each_app_section(values, [&](std::string_view section, const auto& apps, const auto& keys) {
    for (const auto& app : apps)
      config::print_keys(out, app, keys, std::string(section) + '.' + config::name_of(app) + '.', origins);
  });
  return out;
}

std::string reference_config() {
  std::string out =
      "# Every key of dispatchd with its default; what it accepts stands in brackets. Each can be overridden "
      "by\n"
      "# an environment variable DISPATCHD_SECTION__KEY (DISPATCHD_FCM__DEFAULT__ENDPOINT for an app's). "
      "Times\n"
      "# are \"500ms\", \"5s\", \"10m\", \"24h\" or milliseconds, sizes \"64KiB\", \"32MiB\" or bytes.\n"
      "# Unknown keys are errors. `dispatchd --print-config` shows what is in force and where it comes "
      "from.\n";
  const settings defaults;
  std::string section;
  for (const auto& each : config::setting_keys()) {
    const auto dot = each.name.find('.');
    if (each.name.substr(0, dot) != section) {
      section = each.name.substr(0, dot);
      config::append_section(out, section);
      out += fmt::format("[{}]\n", section);
    }
    // Active, they would demand an app for each provider named.
    const bool active = section != "platforms";
    config::append_key(out, std::string_view(each.name).substr(dot + 1), each.get(defaults), each.doc,
                       each.accepts, active);
  }
  config::for_each_app_section(defaults, [&](std::string_view name, const auto&, const auto& keys) {
    config::append_example(out, name, keys);
  });
  return out;
}

}  // namespace dispatch
