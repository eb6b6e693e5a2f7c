#pragma once

// One configured app, read and checked: what its scopes are made of. A provider of its own kind adds an
// overload of make_kit() in a file of its own, and a line in channels.cpp (for_each_app).

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "actors/channel.hpp"
#include "actors/credentials.hpp"
#include "actors/http2_channel.hpp"
#include "actors/settings.hpp"
#include "transport/http2/pool.hpp"
#include "transport/http2/tls_trust.hpp"
#include "transport/io_thread.hpp"
#include "transport/providers/adapter.hpp"
#include "transport/providers/credential.hpp"

namespace dispatch {

struct app_kit;
class webhook_keys;

/// What a channel is told about its scope.
struct channel_seat {
  scope_number scope = 0;
  std::string origin;        ///< where to; empty: the app's endpoint
  std::uint32_t window = 0;  ///< items it is given at most
  /// The app's as it is now: reloads change it, and leave app_kit::open as it was.
  std::function<std::unique_ptr<credential>(const std::string& origin)> make_credential;
  channel_callbacks calls;
};

struct opened_channel {
  std::shared_ptr<channel> way;
  /// A reload brought another credential: `next` is the same app's new kit. Any thread; returns at once.
  std::function<void(const app_kit& next)> renew;
};

struct app_kit {
  /// Of an adapter by_origin() every origin becomes a scope with a channel of its own.
  std::shared_ptr<const provider_adapter> adapter;
  /// Digest of the credential's files: whether a reload brings another.
  std::string fingerprint;
  /// What of the credential is in requests already rendered, so that another one waits for a restart; and the
  /// key to name then.
  std::string project, project_key;
  /// A webhook's: what its adapter signs with. A reload that brings others replaces them in place, for
  /// requests are signed where they are rendered.
  std::shared_ptr<webhook_keys> keys;
  /// On the io thread. Cannot fail: it was made once for trial.
  std::function<std::unique_ptr<credential>(const std::string& origin)> make_credential;
  /// Instead, of who logs in and then sends: fresh connections are made with these.
  std::string username, password;
  /// Any thread; returns at once, connects nothing. Throws std::invalid_argument for an origin that cannot be
  /// sent to.
  std::function<opened_channel(channel_seat seat)> open;
};

/// A string is the error: "KEY: MESSAGE", without secrets; what make_kit() throws is one without a key. What
/// cannot be used is found here, whoever asks: the start, a reload, or --check-config (app_trial.hpp).
/// `wall`: any thread; empty: the machine's clock.
using app_kit_result = std::variant<app_kit, std::string>;
app_kit_result make_kit(const fcm_app& app, const std::shared_ptr<io_thread>& thread, wall_clock wall = {});
app_kit_result make_kit(const apns_app& app, const std::shared_ptr<io_thread>& thread, wall_clock wall = {});
app_kit_result make_kit(const smtp_app& app, const std::shared_ptr<io_thread>& thread, wall_clock wall = {});
app_kit_result make_kit(const webpush_app& app, const std::shared_ptr<io_thread>& thread,
                        wall_clock wall = {});
app_kit_result make_kit(const webhook_app& app, const std::shared_ptr<io_thread>& thread,
                        wall_clock wall = {});

/// What of an app's connections can be tried without connecting.
struct tried_connection {
  /// Held while the kit is made, so that the certificates are read once.
  std::shared_ptr<const http2::tls_trust> trust;
  std::string wrong;  ///< as above; empty: nothing
};
/// `prefix` stands before the keys: "fcm.NAME.".
tried_connection try_connection(const std::string& prefix, const std::string& ca_file,
                                const std::string& endpoint = {}, const char* ca_key = "ca_file");

/// What every HTTP/2 app's pool has: limits, trust. `endpoint` and max_waiting are the channel's.
http2::pool_options pool_of(const provider_app& app);

/// The same for hosts that recipients name: HTTP/1.1 too where a host has no HTTP/2, and what is not public
/// is connected to only where `allow_addresses` (CIDR, checked before) lists it.
http2::pool_options strangers_pool_of(const provider_app& app,
                                      const std::vector<std::string>& allow_addresses);

/// app_kit::open over HTTP/2: `pool` for the app's endpoint or the origin. An origin's connections are closed
/// when idle, at `pool`'s time or for so long that quiet hosts hold no sockets. Throws when the trusted
/// certificates cannot be read or the endpoint is none.
std::function<opened_channel(channel_seat seat)> open_over_http2(std::shared_ptr<io_thread> thread,
                                                                 http2::pool_options pool);

}  // namespace dispatch
