#pragma once

// Web Push (RFC 8030): messages to browsers' subscriptions, through whatever push service each browser has
// chosen. What a render() makes is the plaintext: it is encrypted for its recipient on the way to the
// connection (message_encryption.hpp), because that costs more than all the rest. What maps to what:
// docs/web-push.md.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transport/providers/adapter.hpp"

namespace dispatch {

struct webpush_options {
  /// How long a push service keeps a message of a job without expires_at. At most 28 days.
  std::chrono::seconds ttl{2'419'200};
  /// Names, or *.SUFFIX; subscriptions at other hosts are not sent to. Empty: all are.
  std::vector<std::string> allow_hosts = {};
  /// Wall clock for the TTL, which push services count from when they get the message; empty = the system's.
  std::function<epoch_ms()> now = {};
};

/// A host's name or address in lower case, or *.SUFFIX.
bool is_host_pattern(std::string_view text) noexcept;

std::unique_ptr<provider_adapter> make_webpush_adapter(webpush_options options);

}  // namespace dispatch
