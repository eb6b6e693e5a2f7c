#pragma once

// What the actors share: made once by the engine, outlives them all, immutable but for what is thread-safe in
// itself (store, metrics, settings and rates, channels' post functions, peers).

#include <array>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "actors/channel.hpp"
#include "actors/clock.hpp"
#include "actors/interfaces.hpp"
#include "actors/live_settings.hpp"
#include "actors/metrics.hpp"
#include "actors/peer.hpp"
#include "storage/store.hpp"
#include "transport/providers/adapter.hpp"

namespace dispatch {

/// A provider and app: what breakers and rate limits go by.
struct scope_info {
  std::string name;  ///< "fcm:default"
  provider by{};
  std::string app;
  live_number rate = 0;  ///< 0 = no limit
  live_number burst = 0;
  std::chrono::milliseconds timeout{15'000};
  /// Items handed out and not yet answered: enough to keep every stream busy while the next are under way.
  std::uint32_t window = 0;
  std::shared_ptr<const provider_adapter> adapter;
  std::shared_ptr<channel> way;
};

struct engine_parts {
  live_settings config;
  dispatch::metrics* measures = nullptr;
  dispatch::store* storage = nullptr;
  const dispatch::clock* time = nullptr;
  std::vector<scope_info> scopes;
  /// For tests of poison: rendering a token that begins so aborts the process. From
  /// DISPATCHD_TEST_CRASH_TOKEN.
  std::string crash_token;
  /// How many processes share what is allowed to all of them together, as last sampled.
  std::shared_ptr<live_number> processes = std::make_shared<live_number>(1);
  /// Of all jitter; tests set it, so that the same seed gives the same run.
  std::uint64_t seed = std::random_device{}();

  peer<intake_actor> intake{"intake"};
  std::array<peer<sender_actor>, platform_count> senders{
      peer<sender_actor>{"sender_android"}, peer<sender_actor>{"sender_ios"},
      peer<sender_actor>{"sender_web"}, peer<sender_actor>{"sender_email"},
      peer<sender_actor>{"sender_webhook"}};
  peer<tracker_actor> tracker{"tracker"};
  peer<retry_actor> retry{"retry"};
  std::vector<peer<limiter_actor>> limiters;
  peer<supervisor_actor> supervisor{"supervisor"};

  /// The scope that serves a platform for an app; nullopt: no provider, or no such app.
  std::optional<scope_number> scope_of(platform on, std::string_view app) const {
    const auto by = config->platforms.served_by[index_of(on)];
    if (!by) return std::nullopt;
    for (std::size_t i = 0; i < scopes.size(); ++i) {
      if (scopes[i].by == *by && scopes[i].app == app) return static_cast<scope_number>(i);
    }
    return std::nullopt;
  }
};

}  // namespace dispatch
