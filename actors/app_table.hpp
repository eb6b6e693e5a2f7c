#pragma once

// The apps recipients are sent through, and how a recipient finds its scope. Grows by reloads. Any thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/append_only.hpp"
#include "actors/live_settings.hpp"
#include "actors/messages.hpp"
#include "transport/providers/adapter.hpp"

namespace dispatch {

struct app_info {
  provider by{};
  std::string name;
  /// Its scope; none: its recipients live at many origins, each a scope made when it is first needed.
  std::optional<scope_number> scope;
  /// For origins:
  std::shared_ptr<const provider_adapter> adapter;
  /// Finds or makes the scope of an origin; nullopt: there is no room for another, or none for another of the
  /// tenant's. Throws std::invalid_argument when nothing can be sent there. Any thread.
  std::function<std::optional<scope_number>(const std::string& origin, std::string_view tenant)> open;
  /// Closes the scope of an origin that nothing refers to any more (scope_table::retire). Any thread.
  std::function<void(scope_number)> close;
  /// No longer configured: nothing new goes through it, and its waiting lists stay as they are.
  live_flag retired = false;
};

/// Where a recipient is sent; with no scope where it waits for one, or how it ends.
struct destination {
  std::optional<scope_number> scope;
  outcome result{};
  std::string_view reason;  ///< static text
  std::string waits_in{};   ///< the name of its origin's scope, for which there is no room now

  static destination none(outcome result, std::string_view reason) { return {std::nullopt, result, reason}; }
};

/// Whom scopes are counted for that are made because something waits for them in Redis: whose it is, is not
/// known before it is read. No tenant has such a name.
inline constexpr std::string_view anybodys_waiting_work = "*";

class app_table {
 public:
  static constexpr std::size_t capacity = 512;

  std::size_t size() const noexcept { return apps_.size(); }
  app_info& operator[](std::size_t at) noexcept { return apps_[at]; }
  const app_info& operator[](std::size_t at) const noexcept { return apps_[at]; }

  /// Below the capacity; one thread at a time.
  app_info& add(app_info&& app) { return apps_.add(std::move(app)); }

  /// nullptr: there is none, or none any more.
  const app_info* find(provider by, std::string_view name) const noexcept;
  /// The same, also when it is retired.
  app_info* find_any(provider by, std::string_view name) noexcept;

 private:
  append_only<app_info, capacity> apps_;
};

/// The scope a waiting list is named after (PROVIDER:APP:ORIGIN), made if need be; nullopt: its app is not
/// here, or has no place for it.
std::optional<scope_number> scope_of_origin(const app_table& apps, std::string_view scope);

/// `app` may be null: nobody sends there. `tenant`: whose job it is.
destination destination_of(const app_info* app, const recipient& who, std::string_view tenant);

}  // namespace dispatch
