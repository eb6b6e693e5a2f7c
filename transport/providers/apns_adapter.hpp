#pragma once

// Apple Push Notification service over HTTP/2: pushes to a device token, and broadcasts to a channel.
// `authorization`, where there is one, comes from the credential. What maps to what: docs/providers.md.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "transport/providers/adapter.hpp"

namespace dispatch {

enum class apns_environment : std::uint8_t { production, sandbox };

/// Apple's own base URL; configuration may name another endpoint (a sandbox of ours, a proxy).
constexpr std::string_view apns_endpoint(apns_environment environment) noexcept {
  return environment == apns_environment::production ? "https://api.push.apple.com"
                                                     : "https://api.sandbox.push.apple.com";
}

struct apns_options {
  std::string topic;  ///< the bundle id; apns-topic begins with it
  apns_environment environment = apns_environment::production;
  /// What BadDeviceToken ends as: quarantined or invalid_token. Apple says it of dead tokens and of tokens of
  /// the other environment alike, so a wrong `environment` would delete every token: hence quarantined.
  outcome bad_device_token = outcome::quarantined;
};

/// Throws std::invalid_argument on another bad_device_token.
std::unique_ptr<provider_adapter> make_apns_adapter(apns_options options);

}  // namespace dispatch
