#pragma once

// The admin listener: /metrics, /healthz, /readyz, /version. What it shows comes through callbacks, so that
// it knows nothing of the engine. No authentication yet, hence loopback only.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/address_list.hpp"
#include "api/readiness.hpp"
#include "transport/http/message.hpp"

namespace dispatch {

class io_thread;

/// Called on the admin's io thread (not a sender's: the exposition takes a millisecond).
struct admin_sources {
  std::function<std::string()> metrics;  ///< Prometheus text, version 0.0.4
  std::function<readiness()> ready;
  /// Alive at all; left out: always. Not alive = 503.
  std::function<readiness()> healthy;
  std::string version, revision;
  /// May be left out: every request answered, `route` is one of admin_routes() or "other".
  std::function<void(std::string_view route, int status, std::chrono::nanoseconds took)> answered;
};

struct admin_options {
  std::string listen = "127.0.0.1:9180";
  std::vector<std::string> allow, deny;  ///< addresses or CIDR; deny wins
};

/// Routes alone, without sockets. Any thread when the callbacks allow it.
class admin_routes {
 public:
  /// Throws std::invalid_argument for an entry of the lists that is no address.
  admin_routes(admin_sources sources, address_rules rules);

  http_response handle(const http_request& request) const;

 private:
  http_response route(const http_request& request, std::string_view path) const;

  admin_sources sources_;
  address_rules rules_;
};

/// The listener with those routes.
class admin_server {
 public:
  /// Throws std::invalid_argument when `listen` or a list entry is no address or `listen` is not loopback,
  /// std::runtime_error when it cannot be listened on. `thread` must outlive it.
  admin_server(io_thread& thread, const admin_options& options, admin_sources sources);
  ~admin_server();
  admin_server(const admin_server&) = delete;
  admin_server& operator=(const admin_server&) = delete;

  std::uint16_t port() const noexcept;
  void stop();  ///< not on `thread`

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dispatch
