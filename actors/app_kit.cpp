#include "actors/app_kit.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>

#include "core/policy/address_guard.hpp"
#include "transport/files/regular_file.hpp"
#include "transport/http2/endpoint.hpp"
#include "transport/name_lookup.hpp"
#include "transport/providers/apns_adapter.hpp"
#include "transport/providers/fcm_adapter.hpp"

namespace dispatch {
namespace {

constexpr std::chrono::seconds origin_idle_timeout{60};

outcome quarantined_unless(const std::string& policy) {
  return parse_outcome(policy).value_or(outcome::quarantined);
}

/// One endpoint, one credential.
app_kit kit_of(credential_source&& from, std::shared_ptr<const provider_adapter> adapter,
               http2::pool_options pool, const std::shared_ptr<io_thread>& thread) {
  app_kit kit;
  kit.adapter = std::move(adapter);
  kit.fingerprint = std::move(from.fingerprint);
  kit.project = std::move(from.project);
  kit.make_credential = [make = std::move(from.make)](const std::string&) { return make(); };
  kit.open = open_over_http2(thread, std::move(pool));
  return kit;
}

}  // namespace

tried_connection try_connection(const std::string& prefix, const std::string& ca_file,
                                const std::string& endpoint, const char* ca_key) {
  if (!ca_file.empty()) {
    if (auto wrong = why_unreadable(ca_file); !wrong.empty()) return {{}, prefix + ca_key + ": " + wrong};
  }
  tried_connection out;
  try {
    if (!endpoint.empty()) http2::parse_endpoint(endpoint);
  } catch (const std::invalid_argument& wrong) {
    return {{}, prefix + "endpoint: " + wrong.what()};
  }
  try {
    out.trust = http2::shared_trust({ca_file});
  } catch (const std::runtime_error& wrong) {
    out.wrong = prefix + ca_key + ": " + wrong.what();
  }
  return out;
}

http2::pool_options pool_of(const provider_app& app) {
  http2::pool_options options;
  options.endpoint = app.endpoint;
  options.ca_file = app.ca_file;
  options.max_connections = app.max_connections;
  options.max_streams = app.max_streams;
  return options;
}

http2::pool_options strangers_pool_of(const provider_app& app,
                                      const std::vector<std::string>& allow_addresses) {
  std::vector<ip_network> allowed;
  for (const auto& text : allow_addresses)
    if (const auto network = ip_network::parse(text)) allowed.push_back(*network);
  auto options = pool_of(app);
  options.http1 = true;
  options.names = shared_system_lookup();
  options.guard = std::make_shared<const address_guard>(std::move(allowed));
  return options;
}

std::function<opened_channel(channel_seat seat)> open_over_http2(std::shared_ptr<io_thread> thread,
                                                                 http2::pool_options pool) {
  if (!pool.endpoint.empty()) http2::parse_endpoint(pool.endpoint);
  // Held, so that no later channel has to read the trusted certificates again.
  auto trust = http2::shared_trust({pool.ca_file});
  return
      [=, thread = std::move(thread), pool = std::move(pool), trust = std::move(trust)](channel_seat seat) {
        http2_channel_options options{
            seat.scope, pool,
            [make = std::move(seat.make_credential), origin = seat.origin] { return make(origin); }};
        options.pool.max_waiting = std::size_t{seat.window} * 2;
        if (!seat.origin.empty()) {
          options.pool.endpoint = seat.origin;
          if (options.pool.idle_timeout.count() == 0) options.pool.idle_timeout = origin_idle_timeout;
        }
        auto way = std::make_shared<http2_channel>(thread, std::move(options), std::move(seat.calls));
        auto renew = [way, origin = std::move(seat.origin)](const app_kit& next) {
          way->replace_credential([make = next.make_credential, origin] { return make(origin); });
        };
        return opened_channel{way, std::move(renew)};
      };
}

app_kit_result make_kit(const fcm_app& app, const std::shared_ptr<io_thread>& thread, wall_clock wall) {
  const auto prefix = "fcm." + app.app + '.';
  const auto tried = try_connection(prefix, app.ca_file, app.endpoint);
  if (!tried.wrong.empty()) return tried.wrong;
  if (!app.token_ca_file.empty()) {
    const auto tokens = try_connection(prefix, app.token_ca_file, {}, "token_ca_file");
    if (!tokens.wrong.empty()) return tokens.wrong;
  }
  auto loaded = load_credential(app, *thread, wall);
  if (auto* wrong = std::get_if<std::string>(&loaded)) return std::move(*wrong);
  auto& from = std::get<credential_source>(loaded);
  fcm_options options;
  options.project_id = from.project;
  options.now = std::move(wall);
  options.sender_mismatch = quarantined_unless(app.sender_mismatch);
  auto kit = kit_of(std::move(from), make_fcm_adapter(options), pool_of(app), thread);
  kit.project_key = "fcm." + app.app + ".service_account_file";
  return kit;
}

app_kit_result make_kit(const apns_app& app, const std::shared_ptr<io_thread>& thread, wall_clock wall) {
  const auto tried = try_connection("apns." + app.app + '.', app.ca_file, app.endpoint);
  if (!tried.wrong.empty()) return tried.wrong;
  auto loaded = load_credential(app, *thread, std::move(wall));
  if (auto* wrong = std::get_if<std::string>(&loaded)) return std::move(*wrong);
  apns_options options;
  options.topic = app.topic;
  options.environment =
      app.environment == "sandbox" ? apns_environment::sandbox : apns_environment::production;
  options.bad_device_token = quarantined_unless(app.bad_device_token);
  auto pool = pool_of(app);
  // Apple keeps a small table and asks for both as literals without indexing.
  pool.index_path_and_authorization = false;
  return kit_of(std::move(std::get<credential_source>(loaded)), make_apns_adapter(options), std::move(pool),
                thread);
}

}  // namespace dispatch
