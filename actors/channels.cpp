#include "actors/channels.hpp"

#include <optional>
#include <utility>

#include "transport/providers/apns_adapter.hpp"
#include "transport/providers/fcm_adapter.hpp"

namespace dispatch {
namespace {

std::optional<outcome> policy(const std::string& text) {
  return parse_outcome(text);
}

std::string scope_name(provider by, const std::string& app) {
  return std::string(to_string(by)) + ':' + app;
}

scope_info scope_of(provider by, const provider_app& app) {
  scope_info scope;
  scope.name = scope_name(by, app.app);
  scope.by = by;
  scope.app = app.app;
  scope.rate = app.rate;
  scope.burst = app.burst;
  scope.timeout = app.timeout;
  scope.window = 2 * app.max_connections * app.max_streams;
  return scope;
}

http2::pool_options pool_of(const provider_app& app, std::uint32_t window) {
  http2::pool_options options;
  options.endpoint = app.endpoint;
  options.ca_file = app.ca_file;
  options.max_connections = app.max_connections;
  options.max_streams = app.max_streams;
  options.max_waiting = std::size_t{window} * 2;
  return options;
}

std::shared_ptr<const provider_adapter> adapter_of(const fcm_app& app, const credential_source& from) {
  fcm_options options;
  options.project_id = from.project;
  options.sender_mismatch = policy(app.sender_mismatch).value_or(outcome::quarantined);
  return make_fcm_adapter(options);
}

std::shared_ptr<const provider_adapter> adapter_of(const apns_app& app, const credential_source&) {
  apns_options options;
  options.topic = app.topic;
  options.environment =
      app.environment == "sandbox" ? apns_environment::sandbox : apns_environment::production;
  options.bad_device_token = policy(app.bad_device_token).value_or(outcome::quarantined);
  return make_apns_adapter(options);
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
  }
  return "other";
}

}  // namespace

std::string provider_channels::make(const settings& config) {
  for (const auto& app : config.fcm) {
    if (auto wrong = add(app, provider::fcm); !wrong.empty()) return wrong;
  }
  for (const auto& app : config.apns) {
    if (auto wrong = add(app, provider::apns); !wrong.empty()) return wrong;
  }
  return {};
}

template <class App>
std::string provider_channels::add(const App& app, provider by) {
  auto loaded = load_credential(app, *thread_);
  if (auto* wrong = std::get_if<std::string>(&loaded)) return *wrong;
  auto& from = std::get<credential_source>(loaded);
  auto scope = scope_of(by, app);
  scope.adapter = adapter_of(app, from);
  const auto number = static_cast<scope_number>(parts_->scopes.size());
  http2_channel_options options{number, pool_of(app, scope.window), std::move(from.make)};
  // Apple keeps a small table and asks for both as literals without indexing.
  options.pool.index_path_and_authorization = by != provider::apns;
  auto way = std::make_shared<http2_channel>(thread_, std::move(options), callbacks(number, scope.name));
  scope.way = way;
  parts_->scopes.push_back(std::move(scope));
  channels_.push_back({std::move(from.fingerprint), std::move(from.project), std::move(way)});
  return {};
}

// The peers are copied, not the parts: a channel must not keep alive what holds the channel.
http2_channel_callbacks provider_channels::callbacks(scope_number number, const std::string& name) const {
  http2_channel_callbacks calls;
  calls.completed = [tracker = parts_->tracker](completion_batch_ptr batch) {
    tracker.send(std::move(batch));
  };
  calls.connection = [supervisor = parts_->supervisor, number, name](connection_event what,
                                                                     const std::string& detail) {
    using enum connection_event;
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

std::variant<reload_plan, std::string> provider_channels::prepare(const settings& next) {
  auto change = std::make_shared<pending_change>();
  reload_plan plan;
  for (const auto& app : next.fcm) {
    const auto wrong = prepare(app, provider::fcm, "fcm." + app.app + ".service_account_file", plan, *change);
    if (!wrong.empty()) return wrong;
  }
  for (const auto& app : next.apns) {
    const auto wrong = prepare(app, provider::apns, "apns." + app.app + ".key_file", plan, *change);
    if (!wrong.empty()) return wrong;
  }
  plan.apply = [this, change] { apply(*change); };
  return plan;
}

template <class App>
std::string provider_channels::prepare(const App& app, provider by, const std::string& file_key,
                                       reload_plan& plan, pending_change& change) {
  const auto name = scope_name(by, app.app);
  std::size_t at = 0;
  while (at < channels_.size() && parts_->scopes[at].name != name) ++at;
  if (at == channels_.size()) return {};  // a new app waits for the restart
  change.rates.push_back({at, app.rate, app.burst});
  auto loaded = load_credential(app, *thread_);
  if (auto* wrong = std::get_if<std::string>(&loaded)) return *wrong;
  auto& from = std::get<credential_source>(loaded);
  // Apple punishes tokens signed too often: what has not changed stays.
  if (from.fingerprint == channels_[at].fingerprint) return {};
  if (from.project != channels_[at].project) {
    // The project is in every request's path, also of those already rendered.
    plan.needing_restart.push_back(file_key + " (another project)");
    return {};
  }
  plan.credentials.push_back(name);
  change.credentials.emplace_back(at, std::move(from));
  return {};
}

void provider_channels::apply(pending_change& change) {
  for (const auto& [at, rate, burst] : change.rates) {
    parts_->scopes[at].rate = rate;
    parts_->scopes[at].burst = burst;
  }
  for (auto& [at, from] : change.credentials) {
    channels_[at].fingerprint = std::move(from.fingerprint);
    channels_[at].way->replace_credential(std::move(from.make));
  }
  change = {};
}

}  // namespace dispatch
