#pragma once

// Who `dispatchctl load` sends to: made-up tokens, mail addresses and URLs, which say in the words of
// apps/sandbox/README.md how the sandbox is to answer.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.hpp"

namespace dispatch::ctl {

/// What a bit stream and a seed make of each other: SplitMix64's finaliser. Every job and recipient gets its
/// own stream of bits without a state to carry.
std::uint64_t mixed(std::uint64_t value);

/// How a generated recipient behaves towards the sandbox.
enum class token_fate : std::uint8_t { good, dead, flaky_503, flaky_429 };
std::string_view to_string(token_fate value) noexcept;

struct load_targets {
  std::string mail_domain;                 ///< of made-up mail addresses
  std::string webhook_url;                 ///< to which made-up names are appended
  std::vector<std::string> subscriptions;  ///< browsers', as JSON, taken in no order; empty: web has tokens
};

/// The subscriptions of a file: a JSON array of what browsers' `PushSubscription.toJSON()` gives, bare or as
/// the member `subscriptions` (so the sandbox makes them). Throws usage_error.
std::vector<std::string> read_subscriptions(const std::string& file);

/// The recipient's member of a job document that says where to: `"token":"…"`, `"address":"…"`. A
/// subscription of the list stays as it is, whatever the fate.
std::string make_target(const load_targets& from, platform where, token_fate fate, std::uint64_t bits);

}  // namespace dispatch::ctl
