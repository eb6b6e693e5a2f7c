#include "apps/dispatchd/ingestion.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "actors/line_cap.hpp"
#include "actors/log.hpp"
#include "actors/redis_connection.hpp"
#include "api/ingest/ingest_api.hpp"
#include "storage/redis_store.hpp"
#include "transport/http/server.hpp"
#include "transport/io_thread.hpp"

namespace dispatch {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// "Name: value", checked by the configuration.
header_list split_lines(const std::vector<std::string>& lines) {
  header_list out;
  for (const auto& line : lines) {
    const auto colon = line.find(": ");
    out.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return out;
}

ingest_settings rules_of(const http_settings& http, bool without_credentials) {
  ingest_settings out;
  out.addresses = address_rules(http.allow, http.deny);
  for (const auto& each : http.trusted_proxies)
    out.trusted_proxies.push_back(ip_network::parse(each).value());
  out.cors = {http.cors_origins, http.cors_credentials,
              std::chrono::duration_cast<std::chrono::seconds>(http.cors_max_age)};
  for (const auto& name : http.request_headers_remove) out.headers.request_remove.push_back(lower(name));
  out.headers.request_add = split_lines(http.request_headers_add);
  for (auto& [name, value] : out.headers.request_add) name = lower(name);
  out.headers.response_remove = http.response_headers_remove;
  out.headers.response_add = split_lines(http.response_headers_add);
  out.without_credentials = without_credentials;
  return out;
}

http_server_options server_options(const http_settings& http) {
  const auto where = listen_address::parse(http.listen);
  if (!where) throw std::invalid_argument("http.listen: not ADDRESS:PORT: " + http.listen);
  http_server_options out;
  out.address = where->address.to_string();
  out.port = where->port;
  out.certificate_file = http.tls_certificate_file;
  out.key_file = http.tls_key_file;
  out.max_connections = http.max_connections;
  out.max_connections_per_address = http.max_connections_per_address;
  return out;
}

redis_options connection_to(const settings& config) {
  auto out = redis_options_of(config);
  // A producer waits for the answer: better soon 503 than late 202.
  out.command_timeout = std::min(out.command_timeout, std::chrono::milliseconds(2'000));
  return out;
}

/// Requests in the log: each at debug, what was our fault at warn, but not each of a thousand a second that
/// Redis is away for. Any thread.
class access_log {
 public:
  void add(const access_record& what) {
    if (what.status >= 500) return add_failure(what);
    if (!log::enabled(log::level::debug)) return;
    log::debug("http_request",
               {{"route", what.route},
                {"method", what.method},
                {"status", what.status},
                {"us", std::chrono::duration_cast<std::chrono::microseconds>(what.took).count()},
                {"remote", what.remote_address},
                {"credential", what.credential},
                {"correlation_id", what.correlation_id}});
  }

 private:
  static constexpr std::uint32_t failures_per_second = 5;

  void add_failure(const access_record& what) {
    std::optional<std::uint64_t> dropped;
    {
      const std::lock_guard lock(mutex_);
      dropped = cap_.admit("http_unavailable", std::chrono::steady_clock::now());
    }
    if (!dropped) return;
    log::warn("http_unavailable", {{"route", what.route},
                                   {"status", what.status},
                                   {"detail", what.detail},
                                   {"correlation_id", what.correlation_id},
                                   {"unlogged", *dropped}});
  }

  std::mutex mutex_;
  log::line_cap cap_{failures_per_second};
};

std::string joined(const std::vector<ingest_config_issue>& issues) {
  std::string out;
  for (const auto& each : issues) out.append(out.empty() ? "" : "; ").append(each.key + ": " + each.message);
  return out;
}

/// Throws std::invalid_argument.
std::shared_ptr<const ingest_tables> tables_of(const settings& config) {
  auto made = make_ingest_tables(config.credentials, config.sources, config.gorush, config.tenants);
  if (!made.tables) throw std::invalid_argument(joined(made.issues));
  return std::move(made.tables);
}

bool has_callers_in(const settings& config) {
  return has_callers(config.credentials, config.sources, config.gorush);
}

}  // namespace

struct ingestion::state {
  state(const settings& config, context around)
      : context_(std::move(around)),
        store(make_ingest_store(connection_to(config), redis_hooks())),
        open_to_all(context_.insecure_dev && !has_callers_in(config)),
        api(*store, rules_of(config.http, open_to_all), tables_of(config), sources()),
        server(thread, with_hooks(server_options(config.http)),
               http_async_handler([this](http_request&& request, http_reply reply) {
                 api.handle(std::move(request), std::move(reply));
               })) {
    if (open_to_all)
      log::warn("http_insecure", {{"detail", "--insecure-dev: everybody on this machine may call"}});
  }

  ~state() {
    server.stop();
    // What still waits for Redis is answered now, while there is somebody to answer to.
    store.reset();
  }

  redis_callbacks redis_hooks() {
    redis_callbacks out;
    out.connection_changed = [this](bool up, const std::string& detail) {
      log::event(up ? log::level::info : log::level::warn, "ingest_redis", {{"up", up}, {"detail", detail}});
      tell([&] { away_ = up ? std::string() : detail; });
    };
    out.command_answered = [this](std::chrono::nanoseconds took) { context_.measures.redis_command(took); };
    out.refused = [this](const std::string& what, const std::string& detail) {
      log::event(detail.empty() ? log::level::info : log::level::error, "ingest_redis_refuses",
                 {{"what", what}, {"refused", !detail.empty()}, {"detail", detail}});
      tell([&] {
        if (detail.empty())
          refused_.erase(what);
        else
          refused_[what] = detail;
      });
    };
    return out;
  }

  template <class Change>
  void tell(const Change& change) {
    {
      const std::scoped_lock lock(guard_);
      change();
    }
    if (context_.ready_changed) context_.ready_changed();
  }

  /// Also what the store finds out itself: a connection that is up and does not answer.
  engine::readiness ready() const {
    const bool available = store->available();
    const std::scoped_lock lock(guard_);
    if (!available) return {false, "redis is away from the HTTP side", away_, {}};
    if (refused_.empty()) return {true, {}, {}, {}};
    const auto& [what, detail] = *refused_.begin();
    return {false, "redis is not set up for the HTTP side", what + ": " + detail, {}};
  }

  ingest_sources sources() {
    ingest_sources out;
    out.ready = [this] {
      auto now = context_.engine_ready();
      if (!now.ready) return now;
      // What Redis says of itself is not for everybody who can call.
      const auto own = ready();
      return own.ready ? now : readiness{false, own.reason};
    };
    out.answered = [this](const access_record& what) {
      context_.measures.http_request(what.route, what.status, what.took);
      log_.add(what);
    };
    return out;
  }

  http_server_options with_hooks(http_server_options options) {
    options.screen = [this](const http_request& head) { return api.screen(head); };
    options.is_proxy = [this](const std::string& address) { return api.is_proxy(address); };
    options.refusal = [this](int status, std::string_view detail, const http_request& so_far) {
      return api.refusal(status, detail, so_far);
    };
    options.refused = [this](int status, const std::string& remote) {
      context_.measures.http_request("other", status, std::chrono::nanoseconds(0));
      log::debug("http_refused", {{"status", status}, {"remote", remote}});
    };
    return options;
  }

  context context_;
  mutable std::mutex guard_;
  std::string away_;                            ///< why there is no connection
  std::map<std::string, std::string> refused_;  ///< by what Redis is not set up for
  access_log log_;
  std::unique_ptr<ingest_store> store;
  bool open_to_all;
  ingest_api api;
  io_thread thread{"dispatch-http"};
  http_server server;
};

ingestion::ingestion(const settings& config, context around)
    : state_(std::make_unique<state>(config, std::move(around))) {}
ingestion::~ingestion() = default;

std::uint16_t ingestion::port() const noexcept {
  return state_->server.port();
}

engine::readiness ingestion::ready() const {
  return state_->ready();
}

void ingestion::drain() {
  state_->api.drain();
}

void ingestion::replace(ingestion_reload with) {
  state_->server.use(std::move(with.certificate));
  state_->api.replace(std::move(with.tables));
  if (!with.has_callers || !std::exchange(state_->open_to_all, false)) return;
  state_->api.require_credentials();
  log::info("http_secured", {{"detail", "there are credentials now: --insecure-dev holds no longer"}});
}

std::variant<ingestion_reload, std::string> prepare_ingestion(const settings& config) {
  ingestion_reload out;
  try {
    out.tables = tables_of(config);
    if (config.http.open && !config.http.tls_certificate_file.empty())
      out.certificate = read_server_certificate(config.http.tls_certificate_file, config.http.tls_key_file);
  } catch (const std::invalid_argument& wrong) {
    return wrong.what();
  }
  out.has_callers = has_callers_in(config);
  return out;
}

}  // namespace dispatch
