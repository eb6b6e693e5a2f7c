#pragma once

// What the actors share: made once by the engine, outlives them all, immutable but for what is thread-safe in
// itself (store, metrics, settings and rates, scopes and apps, channels' post functions, peers).

#include <array>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "actors/app_table.hpp"
#include "actors/clock.hpp"
#include "actors/interfaces.hpp"
#include "actors/live_settings.hpp"
#include "actors/metrics.hpp"
#include "actors/peer.hpp"
#include "actors/scope_table.hpp"
#include "actors/shortage_log.hpp"
#include "storage/store.hpp"

namespace dispatch {

struct engine_parts {
  live_settings config;
  dispatch::metrics* measures = nullptr;
  dispatch::store* storage = nullptr;
  const dispatch::clock* time = nullptr;
  scope_table scopes;
  app_table apps;
  /// For tests of poison: rendering a token that begins so aborts the process. From
  /// DISPATCHD_TEST_CRASH_TOKEN.
  std::string crash_token;
  /// How many processes share what is allowed to all of them together, as last sampled.
  std::shared_ptr<live_number> processes = std::make_shared<live_number>(1);
  /// What this process itself lacks.
  std::shared_ptr<shortage_log> lacking = std::make_shared<shortage_log>();
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

  /// The app that serves a platform; nullptr: no provider, or no such app.
  const app_info* app_of(platform on, std::string_view app) const {
    const auto by = config->platforms.served_by[index_of(on)];
    return by ? apps.find(*by, app) : nullptr;
  }
  /// The scope that serves a recipient of this job, made now if need be.
  destination destination_of(const recipient& who, const job& of) const {
    return dispatch::destination_of(app_of(who.platform, of.app), who, of.tenant);
  }
};

}  // namespace dispatch
