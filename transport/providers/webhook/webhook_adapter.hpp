#pragma once

// Outgoing webhooks as Standard Webhooks 1.0 has them: one signed POST a recipient, to the URL it is. What
// maps to what: docs/providers.md.

#include <functional>
#include <memory>
#include <string>

#include "transport/providers/adapter.hpp"
#include "transport/providers/webhook/webhook_keys.hpp"

namespace dispatch {

struct webhook_options {
  std::shared_ptr<const webhook_keys> keys;
  std::string type = "notification";  ///< the event's, unless overrides.webhook says another
  bool allow_http = false;            ///< http:// URLs, too
  /// Wall clock for the timestamps; empty = the system's.
  std::function<epoch_ms()> now = {};
};

std::unique_ptr<provider_adapter> make_webhook_adapter(webhook_options options);

/// A type of Standard Webhooks: dot-separated words of [A-Za-z0-9_-], 128 bytes at most.
bool is_webhook_type(std::string_view text) noexcept;

}  // namespace dispatch
