#include "actors/supervisor/housekeeping.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr auto due_interval = 500ms;
constexpr auto sample_interval = 2'000ms;
constexpr std::uint32_t due_at_once = 256;
// However much is due, and comes back at once: Redis is asked for no more until the next look.
constexpr std::uint32_t due_batches = 64;

/// Those of origins: nobody else would look at them (docs/architecture.md, "Scopes of origins").
std::vector<source> origin_lists(const std::vector<std::pair<source, std::uint64_t>>& waiting) {
  std::vector<source> lists;
  for (const auto& [where, length] : waiting) {
    const auto parts = parse_scope_name(where.scope);
    if (parts && !parts->origin.empty()) lists.push_back(where);
  }
  return lists;
}

/// Of every app, also where nothing waits any more; origins' lists under their app's name. What else there is
/// (a paused job's list) is named after something that is no label for a metric.
void say_waiting(metrics& measures, const std::vector<std::string>& apps,
                 const std::vector<std::pair<source, std::uint64_t>>& waiting) {
  std::map<std::string, std::array<std::uint64_t, lane_count>> lengths;
  for (const auto& app : apps) lengths[app] = {};
  for (const auto& [where, length] : waiting) {
    const auto parts = parse_scope_name(where.scope);
    if (!parts && where.scope != ready_scope) continue;
    lengths[parts ? scope_name(parts->by, parts->app) : where.scope][index_of(where.lane)] += length;
  }
  for (const auto& [app, by_lane] : lengths) {
    for (auto in : all_lanes) measures.waiting(app, in, by_lane[index_of(in)]);
  }
}

/// Something of the results lane is in Redis, where it can be read.
bool holds_posts(const store_sample& sample) {
  const auto& own = sample.lanes[index_of(lane::results)];
  return own.depth > 0 || own.pending > 0 ||
         std::any_of(sample.waiting.begin(), sample.waiting.end(),
                     [](const auto& list) { return list.first.lane == lane::results; });
}

/// One line a sample, however many are dropped.
void say_posts(metrics& measures, const store_sample& sample, std::optional<std::uint64_t>& dropped_before) {
  measures.result_posts(sample.posts_open, sample.posts_dropped);
  const auto before = std::exchange(dropped_before, sample.posts_dropped);
  if (!before || sample.posts_dropped <= *before) return;
  log::warn("result_posts_dropped", {{"count", sample.posts_dropped - *before},
                                     {"open", sample.posts_open},
                                     {"detail", "more than results.outbox_length have not ended"}});
}

/// Once per change, by what the keys are for.
void say_spoiled(metrics& measures, const std::vector<std::string>& now, std::vector<std::string>& before) {
  const auto in = [](const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  for (const auto& kind : now) {
    if (in(before, kind)) continue;
    measures.spoiled_key(kind, true);
    log::error(
        "spoiled_key",
        {{"kind", kind}, {"detail", "holds what it should not: its own work waits until it is mended"}});
  }
  for (const auto& kind : before) {
    if (in(now, kind)) continue;
    measures.spoiled_key(kind, false);
    log::info("mended_key", {{"kind", kind}});
  }
  before = now;
}

}  // namespace

void lease_keeper::acquire() {
  asking_ = true;
  parts_->storage->acquire(parts_->config->engine.lease,
                           [me = parts_->supervisor](store_result<std::uint64_t> result) {
                             me.send(lease_answer{true, std::move(result)});
                           });
}

void lease_keeper::renew() {
  asking_ = true;
  parts_->storage->renew(parts_->config->engine.lease,
                         [me = parts_->supervisor](store_result<nothing> result) {
                           if (result.has_value()) {
                             me.send(lease_answer{false, std::uint64_t{0}});
                           } else {
                             me.send(lease_answer{false, result.error()});
                           }
                         });
}

lease_keeper::news lease_keeper::answered(const lease_answer& answer,
                                          std::chrono::steady_clock::time_point now) {
  asking_ = false;
  problem_ = answer.epoch.has_value() ? std::string() : "no lease: " + answer.epoch.error().detail;
  if (answer.epoch.has_value()) {
    renewed_at_ = now;
    return answer.acquired && !std::exchange(held_, true) ? news::acquired : news::none;
  }
  switch (answer.epoch.error().what) {
    case store_error::code::unavailable:
      return news::none;
    case store_error::code::fenced:
      return news::fenced;
    case store_error::code::refused:
      return answer.acquired ? news::refused : news::none;
  }
  return news::none;
}

void lease_keeper::on_tick(std::chrono::steady_clock::time_point now) {
  if (asking_) return;
  if (!held_) {
    acquire();
  } else if (now - renewed_at_ >= parts_->config->engine.lease / 6) {
    renew();
  }
}

void lease_keeper::release(std::function<void()> then) {
  if (!held_) {
    then();
    return;
  }
  held_ = false;
  parts_->storage->release([then = std::move(then)](const store_result<nothing>&) { then(); });
}

void housekeeping::on_tick(const engine_parts& parts, time_point now, bool draining) {
  if (now - sampled_ >= sample_interval) {
    sampled_ = now;
    sample(parts);
  }
  if (draining) return;
  if (now - due_moved_ >= due_interval) {
    due_moved_ = now;
    move_due(parts);
  }
  if (now - looked_ >= parts.config->engine.takeover_scan) {
    looked_ = now;
    look_for_lapsed(parts);
  }
}

void housekeeping::move_due(const engine_parts& parts) {
  // A full batch means that more is due: go on until one is not full, without holding anything up.
  struct mover {
    static void run(dispatch::store* storage, std::uint32_t batches) {
      storage->move_due(due_at_once, [storage, batches](store_result<std::uint32_t> moved) {
        if (moved.has_value() && *moved == due_at_once && batches > 1) run(storage, batches - 1);
      });
    }
  };
  mover::run(parts.storage, due_batches);
}

void housekeeping::look_for_lapsed(const engine_parts& parts) {
  parts.storage->lapsed([intake = parts.intake](store_result<std::vector<std::string>> names) {
    if (names.has_value() && !names->empty()) intake.send(lapsed_consumers{std::move(*names)});
  });
}

void housekeeping::sample_channels(const engine_parts& parts) {
  std::array<std::optional<std::uint64_t>, provider_count> in_flight;
  struct app_credential {
    std::int64_t expires_at = 0;
    bool renews_itself = true;
  };
  std::vector<app_credential> credentials(parts.apps.size());
  for (const auto& scope : parts.scopes) {
    if (scope.retired()) continue;
    parts.measures->concurrency_limit(scope.name, scope.way->concurrency());
    auto& sum = in_flight[index_of(scope.by)];
    sum = sum.value_or(0) + scope.way->in_flight();
    // Of an app's origins the latest: one that is quiet does not renew what it has.
    if (scope.app_index >= credentials.size()) continue;
    auto& latest = credentials[scope.app_index];
    latest.expires_at = std::max(latest.expires_at, scope.way->credential_expires_at());
    latest.renews_itself = scope.way->credential_renews_itself();
  }
  for (std::size_t by = 0; by < in_flight.size(); ++by) {
    if (in_flight[by]) parts.measures->in_flight(static_cast<provider>(by), *in_flight[by]);
  }
  for (std::size_t at = 0; at < credentials.size(); ++at) {
    const auto& [expires_at, renews_itself] = credentials[at];
    if (expires_at == 0) continue;
    const auto& app = parts.apps[at];
    parts.measures->credential_expiry(app.by, app.name, std::chrono::milliseconds(expires_at), renews_itself);
  }
}

void housekeeping::sample(const engine_parts& parts) {
  sample_channels(parts);
  parts.lacking->look(parts.time->now());
  parts.measures->pressure.rendered_bytes(parts.scopes.rendered());
  parts.measures->pressure.scopes(parts.scopes.in_use(), parts.scopes.refusals());
  for (std::size_t at = 0; at < shortage_count; ++at) {
    const auto what = static_cast<shortage>(at);
    parts.measures->pressure.shortage(to_string(what), parts.lacking->count(what));
  }
  const auto gauge = [&parts](const auto& where) {
    parts.measures->mailbox_depth(where.actor(), static_cast<std::int64_t>(where.depth()));
  };
  gauge(parts.intake);
  gauge(parts.tracker);
  gauge(parts.retry);
  gauge(parts.supervisor);
  for (const auto& each : parts.limiters) gauge(each);
  for (auto on : all_platforms) {
    if (parts.config->platforms.served_by[index_of(on)]) gauge(parts.senders[index_of(on)]);
  }
  std::vector<std::string> apps{std::string(ready_scope)};
  for (std::size_t at = 0; at < parts.apps.size(); ++at) {
    apps.push_back(scope_name(parts.apps[at].by, parts.apps[at].name));
  }
  parts.storage->sample([measures = parts.measures, processes = parts.processes, dropped = posts_dropped_,
                         spoiled = spoiled_, apps = std::move(apps),
                         intake = parts.intake](store_result<store_sample> result) {
    if (result.has_error()) {
      // Every script looks at this process's own record first.
      if (result.error().what == store_error::code::refused) say_spoiled(*measures, {"owner"}, *spoiled);
      return;
    }
    say_spoiled(*measures, result->spoiled, *spoiled);
    *processes = std::max(result->processes, 1u);
    for (auto in : all_lanes) {
      const auto& lane = result->lanes[index_of(in)];
      measures->lane_state(in, lane.depth, lane.oldest_age, lane.pending);
    }
    intake.send(sampled_lanes{result->paused, holds_posts(*result), result->paused_known});
    say_posts(*measures, *result, *dropped);
    if (auto lists = origin_lists(result->waiting); !lists.empty()) {
      intake.send(waiting_origins{std::move(lists)});
    }
    say_waiting(*measures, apps, result->waiting);
    measures->scheduled(result->scheduled);
    measures->dead_letters(result->dead_letters);
    measures->fenced(result->fenced);
  });
}

}  // namespace dispatch
