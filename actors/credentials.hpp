#pragma once

// Provider credentials from the files the settings name: checked at once, on any thread, and made where they
// live, on an io thread.

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "actors/settings.hpp"
#include "transport/io_thread.hpp"
#include "transport/providers/credential.hpp"

namespace dispatch {

/// Milliseconds since the Unix epoch: what tokens are signed with and compared by. Empty: the machine's
/// clock.
using wall_clock = std::function<epoch_ms()>;

struct credential_source {
  /// Digest of all it is made of: whether a file has changed, without keeping it.
  std::string fingerprint;
  /// FCM: the project whose tokens it can send to. It is in every request's path.
  std::string project;
  /// On `thread`. Cannot fail: it was made once for trial.
  std::function<std::unique_ptr<credential>()> make;
};

/// A string is the error, with the key and without secrets. `thread` must outlive what is made.
using credential_result = std::variant<credential_source, std::string>;
credential_result load_credential(const fcm_app& app, io_thread& thread, wall_clock wall = {});
credential_result load_credential(const apns_app& app, io_thread& thread, wall_clock wall = {});

/// Where each origin has a credential of its own.
struct origin_credential_source {
  std::string fingerprint;  ///< as above
  std::function<std::unique_ptr<credential>(const std::string& origin)> make;
};
std::variant<origin_credential_source, std::string> load_credential(const webpush_app& app, io_thread& thread,
                                                                    wall_clock wall = {});

}  // namespace dispatch
