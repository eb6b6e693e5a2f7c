#include "actors/patience.hpp"

#include <algorithm>

#include "core/policy/retry_policy.hpp"

namespace dispatch {

std::optional<std::span<const std::chrono::milliseconds>> own_schedule(const settings& config,
                                                                       const scope_info& to) {
  if (to.by != provider::webhook) return std::nullopt;
  for (const auto& app : config.webhook)
    if (app.app == to.app) return app.schedule;
  return standard_webhooks_schedule;
}

bool is_given_up(const settings& config, const scope_info& to, const run& owner, epoch_ms now) {
  if (to.origin.empty()) return false;
  epoch_ms patience{0};
  if (const auto schedule = own_schedule(config, to)) {
    for (const auto wait : *schedule) patience += wait + wait / 10;
  } else {
    for (const auto& app : config.webpush)
      if (app.app == to.app) patience = app.ttl;
  }
  return now - std::max(owner.stored_at, owner.document->send_at.value_or(epoch_ms{0})) > patience;
}

}  // namespace dispatch
