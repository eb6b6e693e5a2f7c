#pragma once

// The apps and scopes of an engine: for each configured provider and app its adapter, credential and channel,
// for each origin a channel of its own when it is first needed, and what a reload may change about them.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "actors/app_kit.hpp"
#include "actors/parts.hpp"
#include "transport/io_thread.hpp"

namespace dispatch {

/// A reload that was found possible.
struct reload_plan {
  /// Keys whose new value is not taken up before a restart, beyond those the registry knows of.
  std::vector<std::string> needing_restart;
  /// Apps that get a new credential, that are new, that are no longer there: "fcm:default".
  std::vector<std::string> credentials, added, removed;
  /// Puts it in force; cannot fail.
  std::function<void()> apply;
};

class provider_channels {
 public:
  /// The channels report to the peers of `parts`; both must stay as long as this.
  provider_channels(std::shared_ptr<io_thread> thread, std::shared_ptr<engine_parts> parts)
      : thread_(std::move(thread)), parts_(std::move(parts)) {}

  /// Adds the apps and their scopes to the parts. A non-empty string is the error.
  std::string make(const settings& config);

  /// One app, of the provider's own kind; what make() does for each.
  app_info& add(std::shared_ptr<provider_app> app, provider by, app_kit kit);

  /// Looks at what changes about apps, reads and tries what they name; changes nothing until applied. One
  /// thread. A string is the error.
  std::variant<reload_plan, std::string> prepare(const settings& next);

 private:
  /// One app: what is configured of it and the channels made so far.
  struct made_app {
    std::shared_ptr<provider_app> configured;  ///< the provider's own kind
    app_kit kit;
    std::uint16_t index = 0;  ///< in the parts
    struct made_channel {
      scope_number scope;
      std::function<void(const app_kit& next)> renew;
    };
    std::vector<made_channel> channels;
  };
  struct pending_change;

  made_app* find(provider by, const std::string& name);
  template <class App>
  std::string prepare(const App& app, provider by, reload_plan& plan, pending_change& change);
  std::optional<scope_number> open(made_app& app, const std::string& origin, std::string_view tenant);
  void close(made_app& app, scope_number scope);
  scope_info scope_of(made_app& app, const std::string& origin, scope_number number);
  void apply(pending_change& change);
  channel_callbacks callbacks(scope_number number, const std::string& name,
                              std::shared_ptr<const std::atomic<bool>> in_use) const;

  std::shared_ptr<io_thread> thread_;
  std::shared_ptr<engine_parts> parts_;
  /// Origins are opened by an actor while another thread reloads.
  std::mutex guard_;
  std::deque<made_app> apps_;
};

}  // namespace dispatch
