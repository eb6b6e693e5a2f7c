#pragma once

// The scopes of an engine: for each configured provider and app its adapter, credential and channel, and what
// a reload may change about them.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/credentials.hpp"
#include "actors/http2_channel.hpp"
#include "actors/parts.hpp"
#include "actors/smtp_channel.hpp"
#include "actors/smtp_kit.hpp"
#include "transport/io_thread.hpp"

namespace dispatch {

/// A reload that was found possible.
struct reload_plan {
  /// Keys whose new value is not taken up before a restart, beyond those the registry knows of.
  std::vector<std::string> needing_restart;
  /// Scopes that get a new credential.
  std::vector<std::string> credentials;
  /// Puts it in force; cannot fail.
  std::function<void()> apply;
};

class provider_channels {
 public:
  /// The channels report to the peers of `parts`; both must stay as long as this.
  provider_channels(std::shared_ptr<io_thread> thread, std::shared_ptr<engine_parts> parts)
      : thread_(std::move(thread)), parts_(std::move(parts)) {}

  /// Adds the scopes to the parts. A non-empty string is the error.
  std::string make(const settings& config);

  /// Looks at the credentials and rates of apps that exist; changes nothing until applied. A string is the
  /// error.
  std::variant<reload_plan, std::string> prepare(const settings& next);

 private:
  struct made_channel {
    std::string fingerprint, project;  ///< of the credential in use
    std::shared_ptr<http2_channel> way;
    std::shared_ptr<smtp_channel> mail;  ///< one of the two
  };
  struct pending_change {
    struct limit {
      std::size_t scope;
      double rate, burst;
    };
    std::vector<limit> rates;
    std::vector<std::pair<std::size_t, credential_source>> credentials;
    std::vector<std::pair<std::size_t, smtp_kit>> logins;
  };

  template <class App>
  std::string add(const App& app, provider by);
  std::string add(const smtp_app& app);
  template <class App>
  std::string prepare(const App& app, provider by, const std::string& file_key, reload_plan& plan,
                      pending_change& change);
  std::string prepare(const smtp_app& app, reload_plan& plan, pending_change& change) const;
  std::optional<std::size_t> find(const std::string& name) const;
  void apply(pending_change& change);
  http2_channel_callbacks callbacks(scope_number number, const std::string& name) const;

  std::shared_ptr<io_thread> thread_;
  std::shared_ptr<engine_parts> parts_;
  std::vector<made_channel> channels_;  ///< by scope
};

}  // namespace dispatch
