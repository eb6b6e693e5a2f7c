#pragma once

// Every key there is: its path, what it accepts, what it does, and how it reaches its place in `settings`.
// Defaults are those of actors/settings.hpp. Inner header of config.

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "actors/settings.hpp"
#include "apps/dispatchd/config/value.hpp"

namespace dispatch::config {

/// `Object` is what the key is set on: all settings, or one named entry: a provider's app, a credential, a
/// source.
template <class Object>
struct key {
  std::string name;     ///< whole path, or within [fcm.NAME] the last part
  std::string accepts;  ///< for people: "1 to 16"
  std::string doc;      ///< one line, what it does
  bool secret = false;  ///< redacted when printed
  bool live = false;    ///< a reload changes it
  bool file = false;    ///< names a file that must be readable when not empty
  /// Sets the value, or says what is wrong with it.
  std::function<std::string(Object&, const raw_value&)> set{};
  /// The value as TOML.
  std::function<std::string(const Object&)> get{};
  /// The value of `from` into `to`.
  std::function<void(Object& to, const Object& from)> copy{};
};

const std::vector<key<settings>>& setting_keys();
const std::vector<key<fcm_app>>& fcm_keys();
const std::vector<key<apns_app>>& apns_keys();
const std::vector<key<smtp_app>>& smtp_keys();
const std::vector<key<tenant_settings>>& tenant_keys();
const std::vector<key<webpush_app>>& webpush_keys();
const std::vector<key<webhook_app>>& webhook_keys();
const std::vector<key<credential_settings>>& credential_keys();
const std::vector<key<source_settings>>& source_keys();
void add_http(std::vector<key<settings>>& all);
void add_gorush(std::vector<key<settings>>& all);

inline constexpr std::size_t max_apps = 64;      ///< per provider
inline constexpr std::size_t max_named = 1'000;  ///< tenants, credentials, and sources

/// Calls `visit(section, entries, keys)` for every section of named entries: "fcm", settings.fcm, fcm_keys()
/// …
template <class Settings, class Visitor>
void for_each_app_section(Settings& values, const Visitor& visit) {
  visit(std::string_view("fcm"), values.fcm, fcm_keys());
  visit(std::string_view("apns"), values.apns, apns_keys());
  visit(std::string_view("smtp"), values.smtp, smtp_keys());
  visit(std::string_view("tenants"), values.tenants, tenant_keys());
  visit(std::string_view("webpush"), values.webpush, webpush_keys());
  visit(std::string_view("webhook"), values.webhook, webhook_keys());
  visit(std::string_view("http.credentials"), values.credentials, credential_keys());
  visit(std::string_view("http.sources"), values.sources, source_keys());
}

/// The NAME of an entry's section.
template <class Entry>
auto& name_of(Entry& entry) noexcept {
  if constexpr (std::is_base_of_v<provider_app, std::remove_const_t<Entry>>)
    return entry.app;
  else
    return entry.name;
}

bool is_app_name(std::string_view name) noexcept;  ///< [A-Za-z0-9_-]{1,64}

}  // namespace dispatch::config
