#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "apps/sandbox/attempt_memory.hpp"
#include "apps/sandbox/counters.hpp"
#include "apps/sandbox/credentials.hpp"
#include "apps/sandbox/fault_orders.hpp"
#include "apps/sandbox/issued_tokens.hpp"
#include "apps/sandbox/provider_tokens.hpp"
#include "apps/sandbox/push_subscriptions.hpp"
#include "apps/sandbox/vapid_tokens.hpp"
#include "apps/sandbox/webhook_log.hpp"

namespace dispatch::sandbox {

// What all io threads and the control port share. Every member is safe from any thread; token_uri and url are
// set before the threads start and never after.
struct shared_state {
  shared_state(credentials with, std::uint64_t seed)
      : credential(std::move(with)),
        apns_tokens(credential.apns_key.get(), credentials::apns_key_id, credentials::apns_team_id),
        orders(seed) {}

  credentials credential;
  std::string token_uri, url;
  issued_tokens access_tokens;
  provider_tokens apns_tokens;
  vapid_tokens vapid;
  push_subscriptions subscriptions;
  webhook_log webhooks;
  attempt_memory attempts;
  fault_orders orders;
  counters count;
  std::atomic<std::int64_t> delay_ms{0};
  std::atomic<std::uint32_t> max_concurrent_streams{100};
  std::atomic<std::uint64_t> next_message{0};
  std::atomic<std::uint64_t> next_connection{1};
};

}  // namespace dispatch::sandbox
