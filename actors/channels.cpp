#include "actors/channels.hpp"

#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "actors/http2_channel.hpp"
#include "transport/providers/apns_adapter.hpp"
#include "transport/providers/apns_credential.hpp"
#include "transport/providers/fcm_adapter.hpp"
#include "transport/providers/fcm_credential.hpp"

namespace dispatch {
namespace {

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

epoch_ms wall_clock() {
  return std::chrono::duration_cast<epoch_ms>(std::chrono::system_clock::now().time_since_epoch());
}

std::optional<outcome> policy(const std::string& text) {
  return parse_outcome(text);
}

scope_info scope_of(provider by, const provider_app& app) {
  scope_info scope;
  scope.name = std::string(to_string(by)) + ':' + app.app;
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

class scope_maker {
 public:
  scope_maker(std::shared_ptr<io_thread> thread, std::shared_ptr<engine_parts> parts)
      : thread_(std::move(thread)), parts_(std::move(parts)) {}

  std::string add(const fcm_app& app) {
    const auto text = read_file(app.service_account_file);
    if (!text) return "fcm." + app.app + ".service_account_file: cannot be read";
    auto parsed = parse_service_account(*text);
    if (auto* wrong = std::get_if<service_account_error>(&parsed)) {
      return "fcm." + app.app + ".service_account_file: " + wrong->message;
    }
    auto account = std::get<service_account>(std::move(parsed));
    fcm_options options;
    options.project_id = app.project_id.empty() ? account.project_id : app.project_id;
    options.sender_mismatch = policy(app.sender_mismatch).value_or(outcome::quarantined);
    auto scope = scope_of(provider::fcm, app);
    scope.adapter = make_fcm_adapter(options);
    fcm_credential_options how;
    how.ca_file = app.token_ca_file.empty() ? app.ca_file : app.token_ca_file;
    // Made once here for the error, and again where it lives.
    auto trial = make_fcm_credential(fcm_credential_world{wall_clock, {}, {}}, account, how);
    if (auto* wrong = std::get_if<std::string>(&trial)) return "fcm." + app.app + ": " + *wrong;
    connect(std::move(scope), app, [thread = thread_.get(), account, how] {
      return std::get<std::unique_ptr<credential>>(make_fcm_credential(*thread, account, how));
    });
    return {};
  }

  std::string add(const apns_app& app) {
    const auto pem = read_file(app.key_file);
    if (!pem) return "apns." + app.app + ".key_file: cannot be read";
    auto made = apns_token_source::make({*pem, app.key_id, app.team_id}, wall_clock);
    if (auto* wrong = std::get_if<std::string>(&made)) return "apns." + app.app + ": " + *wrong;
    auto tokens = std::get<std::shared_ptr<apns_token_source>>(made);
    apns_options options;
    options.topic = app.topic;
    options.environment =
        app.environment == "sandbox" ? apns_environment::sandbox : apns_environment::production;
    options.bad_device_token = policy(app.bad_device_token).value_or(outcome::quarantined);
    auto scope = scope_of(provider::apns, app);
    scope.adapter = make_apns_adapter(options);
    connect(std::move(scope), app, [thread = thread_.get(), tokens, topic = app.topic] {
      return make_apns_credential(tokens, topic, timer_on(*thread));
    });
    return {};
  }

 private:
  void connect(scope_info scope, const provider_app& app,
               std::function<std::unique_ptr<credential>()> make_credential) {
    const auto number = static_cast<scope_number>(parts_->scopes.size());
    http2_channel_options options{number, pool_of(app, scope.window), std::move(make_credential)};
    scope.way = std::make_shared<http2_channel>(thread_, std::move(options), callbacks(number, scope.name));
    parts_->scopes.push_back(std::move(scope));
  }

  // The peers are copied, not the parts: a channel must not keep alive what holds the channel.
  http2_channel_callbacks callbacks(scope_number number, const std::string& name) {
    http2_channel_callbacks calls;
    calls.completed = [tracker = parts_->tracker](completion_batch_ptr batch) {
      tracker.send(std::move(batch));
    };
    calls.connection = [supervisor = parts_->supervisor, number, name](http2::connection_event what,
                                                                       const std::string& detail) {
      using enum http2::connection_event;
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

  static std::string_view word(http2::connection_event what) {
    switch (what) {
      case http2::connection_event::connected:
        return "connected";
      case http2::connection_event::connect_failed:
        return "connect_failed";
      case http2::connection_event::tls_failed:
        return "tls_failed";
      case http2::connection_event::lost:
        return "lost";
      case http2::connection_event::goaway:
        return "goaway";
    }
    return "other";
  }

  std::shared_ptr<io_thread> thread_;
  std::shared_ptr<engine_parts> parts_;
};

}  // namespace

std::string make_scopes(const settings& config, const std::shared_ptr<io_thread>& thread,
                        const std::shared_ptr<engine_parts>& parts) {
  scope_maker maker(thread, parts);
  for (const auto& app : config.fcm) {
    if (auto wrong = maker.add(app); !wrong.empty()) return wrong;
  }
  for (const auto& app : config.apns) {
    if (auto wrong = maker.add(app); !wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace dispatch
