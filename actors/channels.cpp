#include "actors/channels.hpp"

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include "transport/providers/webhook/webhook_keys.hpp"

namespace dispatch {
namespace {

// One origin must not hold the window all share: this part of engine.max_in_flight at most.
constexpr std::uint32_t origin_share = 8;

/// Calls `visit(app, provider)` for every configured app, until one answers an error.
template <class Visit>
std::string for_each_app(const settings& config, const Visit& visit) {
  const auto all = [&](const auto& apps, provider by) {
    for (const auto& app : apps) {
      if (auto wrong = visit(app, by); !wrong.empty()) return wrong;
    }
    return std::string();
  };
  if (auto wrong = all(config.fcm, provider::fcm); !wrong.empty()) return wrong;
  if (auto wrong = all(config.apns, provider::apns); !wrong.empty()) return wrong;
  if (auto wrong = all(config.smtp, provider::smtp); !wrong.empty()) return wrong;
  if (auto wrong = all(config.webpush, provider::webpush); !wrong.empty()) return wrong;
  return all(config.webhook, provider::webhook);
}

template <class App>
app_kit_result try_kit(const App& app, provider by, const std::shared_ptr<io_thread>& thread,
                       const clock* time) {
  try {
    return make_kit(app, thread, time ? wall_clock([time] { return time->wall(); }) : wall_clock());
  } catch (const std::exception& e) {
    return scope_name(by, app.app) + ": " + e.what();
  }
}

std::string_view word(connection_event what) {
  switch (what) {
    case connection_event::connected:
      return "connected";
    case connection_event::connect_failed:
      return "connect_failed";
    case connection_event::tls_failed:
      return "tls_failed";
    case connection_event::lost:
      return "lost";
    case connection_event::goaway:
      return "goaway";
    case connection_event::address_refused:
      return "address_refused";
    case connection_event::shortage:
      return "shortage";
  }
  return "other";
}

}  // namespace

struct provider_channels::pending_change {
  struct limit {
    made_app* app;
    double rate, burst;
  };
  struct new_app {
    std::shared_ptr<provider_app> configured;
    provider by;
    app_kit kit;
  };
  std::vector<limit> kept;
  std::vector<std::pair<made_app*, app_kit>> renewed;
  std::vector<new_app> added;
  std::set<const made_app*> named;  ///< known, and in the new settings
  std::vector<std::uint16_t> removed;
};

std::string provider_channels::make(const settings& config) {
  return for_each_app(config, [this](const auto& app, provider by) -> std::string {
    auto made = try_kit(app, by, thread_, parts_->time);
    if (auto* wrong = std::get_if<std::string>(&made)) return *wrong;
    add(std::make_shared<std::decay_t<decltype(app)>>(app), by, std::get<app_kit>(std::move(made)));
    return {};
  });
}

app_info& provider_channels::add(std::shared_ptr<provider_app> app, provider by, app_kit kit) {
  const std::scoped_lock lock(guard_);
  auto& made = apps_.emplace_back();
  made.configured = std::move(app);
  made.kit = std::move(kit);
  made.index = static_cast<std::uint16_t>(parts_->apps.size());
  app_info info;
  info.by = by;
  info.name = made.configured->app;
  info.adapter = made.kit.adapter;
  if (made.kit.adapter->by_origin()) {
    info.open = [this, &made](const std::string& origin, std::string_view tenant) {
      return open(made, origin, tenant);
    };
    info.close = [this, &made](scope_number scope) { close(made, scope); };
  } else {
    info.scope = parts_->scopes.open(scope_name(by, info.name), false,
                                     [&](scope_number number) { return scope_of(made, {}, number); });
  }
  return parts_->apps.add(std::move(info));
}

std::optional<scope_number> provider_channels::open(made_app& app, const std::string& origin,
                                                    std::string_view tenant) {
  const auto name = scope_name(app.kit.adapter->kind(), app.configured->app, origin);
  if (const auto known = parts_->scopes.find(name)) return known;
  const std::scoped_lock lock(guard_);
  return parts_->scopes.open(
      name, true, [&](scope_number number) { return scope_of(app, origin, number); }, tenant,
      parts_->time->now());
}

void provider_channels::close(made_app& app, scope_number scope) {
  const std::scoped_lock lock(guard_);
  std::erase_if(app.channels, [scope](const auto& made) { return made.scope == scope; });
  parts_->scopes.retire(scope, parts_->time->now());
  parts_->scopes[scope].way->close_soon();
}

scope_info provider_channels::scope_of(made_app& app, const std::string& origin, scope_number number) {
  const auto& from = *app.configured;
  scope_info scope;
  scope.by = app.kit.adapter->kind();
  scope.app = from.app;
  scope.origin = origin;
  scope.app_index = app.index;
  scope.rate = from.rate;
  scope.burst = from.burst;
  scope.timeout = from.timeout;
  scope.window = from.max_connections * from.max_streams;
  if (origin.empty()) {
    scope.window *= 2;
  } else {
    scope.window = std::min(scope.window, std::max(1u, parts_->config->engine.max_in_flight / origin_share));
  }
  scope.adapter = app.kit.adapter;
  const auto name = scope_name(scope.by, scope.app, origin);
  auto opened = app.kit.open(
      {number, origin, scope.window, app.kit.make_credential, callbacks(number, name, scope.in_use)});
  scope.way = std::move(opened.way);
  app.channels.push_back({number, std::move(opened.renew)});
  return scope;
}

// The peers are copied, not the parts: a channel must not keep alive what holds the channel.
channel_callbacks provider_channels::callbacks(scope_number number, const std::string& name,
                                               std::shared_ptr<const std::atomic<bool>> in_use) const {
  channel_callbacks calls;
  calls.completed = [tracker = parts_->tracker](completion_batch_ptr batch) {
    tracker.send(std::move(batch));
  };
  calls.connection = [supervisor = parts_->supervisor, number, name, in_use = std::move(in_use),
                      lacking = parts_->lacking](connection_event what, const std::string& detail) {
    using enum connection_event;
    if (!in_use->load(std::memory_order_acquire)) return;
    if (what == connection_event::shortage) return lacking->note(detail);
    const bool failed = what == connect_failed || what == tls_failed;
    if (what == connected) {
      log::debug("provider_connected", {{"scope", name}, {"detail", detail}});
    } else {
      log::event(failed ? log::level::warn : log::level::info, "provider_connection",
                 {{"scope", name}, {"what", word(what)}, {"detail", detail}});
    }
    if (failed) supervisor.send(channel_event{number, true});
  };
  calls.credential_failed = [name](const std::string& error) {
    log::warn("credential_failed", {{"scope", name}, {"error", error}});
  };
  return calls;
}

provider_channels::made_app* provider_channels::find(provider by, const std::string& name) {
  const auto found = std::find_if(apps_.begin(), apps_.end(), [&](const made_app& app) {
    return app.kit.adapter->kind() == by && app.configured->app == name;
  });
  return found == apps_.end() ? nullptr : &*found;
}

std::variant<reload_plan, std::string> provider_channels::prepare(const settings& next) {
  auto change = std::make_shared<pending_change>();
  reload_plan plan;
  auto wrong =
      for_each_app(next, [&](const auto& app, provider by) { return prepare(app, by, plan, *change); });
  if (!wrong.empty()) return wrong;
  if (parts_->apps.size() + change->added.size() > app_table::capacity) {
    return std::string("no room for more apps before a restart");
  }
  for (auto& app : apps_) {
    const auto& info = parts_->apps[app.index];
    if (change->named.contains(&app) || info.retired) continue;
    plan.removed.push_back(scope_name(info.by, info.name));
    change->removed.push_back(app.index);
  }
  plan.apply = [this, change] { apply(*change); };
  return plan;
}

template <class App>
std::string provider_channels::prepare(const App& app, provider by, reload_plan& plan,
                                       pending_change& change) {
  auto loaded = try_kit(app, by, thread_, parts_->time);
  if (auto* wrong = std::get_if<std::string>(&loaded)) return *wrong;
  auto& kit = std::get<app_kit>(loaded);
  const auto name = scope_name(by, app.app);
  auto* const known = find(by, app.app);
  if (!known) {
    plan.added.push_back(name);
    change.added.push_back({std::make_shared<App>(app), by, std::move(kit)});
    return {};
  }
  change.named.insert(known);
  if (parts_->apps[known->index].retired) {
    // Its channel is as it was when it went.
    auto before = static_cast<const App&>(*known->configured);
    before.rate = app.rate;
    before.burst = app.burst;
    if (before != app) {
      plan.needing_restart.push_back(name + " (came back changed)");
      return {};
    }
    plan.added.push_back(name);
  }
  change.kept.push_back({known, app.rate, app.burst});
  // Apple punishes tokens signed too often: what has not changed stays.
  if (kit.fingerprint == known->kit.fingerprint) return {};
  if (kit.project != known->kit.project) {
    // The project is in every request's path, also of those already rendered.
    plan.needing_restart.push_back(kit.project_key + " (another project)");
    return {};
  }
  plan.credentials.push_back(name);
  change.renewed.emplace_back(known, std::move(kit));
  return {};
}

void provider_channels::apply(pending_change& change) {
  for (auto& [app, by, kit] : change.added) {
    const auto& added = add(std::move(app), by, std::move(kit));
    if (added.scope) parts_->scopes[*added.scope].way->warm_up();
  }
  const std::scoped_lock lock(guard_);
  for (const auto& [app, rate, burst] : change.kept) {
    app->configured->rate = rate;
    app->configured->burst = burst;
    parts_->apps[app->index].retired = false;
    for (const auto& made : app->channels) {
      parts_->scopes[made.scope].rate = rate;
      parts_->scopes[made.scope].burst = burst;
    }
  }
  for (auto& [app, next] : change.renewed) {
    for (const auto& made : app->channels) made.renew(next);
    if (app->kit.keys) app->kit.keys->take_over(*next.keys);
    app->kit.fingerprint = std::move(next.fingerprint);
    app->kit.make_credential = std::move(next.make_credential);
  }
  for (auto at : change.removed) parts_->apps[at].retired = true;
}

}  // namespace dispatch
