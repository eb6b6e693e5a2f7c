#pragma once

// Firebase Cloud Messaging, HTTP v1: one message a request, to a token, an installation (fid), a topic or a
// condition, for Android and, when configured so, for iOS and the web. What maps to what: docs/providers.md.

#include <functional>
#include <memory>
#include <string>

#include "transport/providers/adapter.hpp"

namespace dispatch {

struct fcm_options {
  std::string project_id;
  /// What SENDER_ID_MISMATCH (a token of another Firebase project) ends as: failed, quarantined or
  /// invalid_token.
  outcome sender_mismatch = outcome::quarantined;
  /// Wall clock for the ttl, which FCM counts from when it gets the message; empty = the system's.
  std::function<epoch_ms()> now = {};
};

/// Throws std::invalid_argument on a project id that cannot stand in a path, or another sender_mismatch.
std::unique_ptr<provider_adapter> make_fcm_adapter(fcm_options options);

}  // namespace dispatch
