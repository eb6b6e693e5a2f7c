#pragma once

// Everything that can be configured, with its default. configs/dispatchd.toml is the same list for people;
// a test compares the two. Times are durations; rates are per second.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ingest_settings.hpp"
#include "core/policy/retry_policy.hpp"
#include "core/tenant_apps.hpp"
#include "core/types.hpp"

namespace dispatch {

struct redis_settings {
  std::string url = "redis://127.0.0.1:6379";  ///< secret when it holds a password
  std::string ca_file;
  std::string password_file;
  std::string name_space = "dispatch";  ///< key `namespace`
  std::string consumer;                 ///< empty: HOST-PID-RANDOM
  std::chrono::milliseconds command_timeout{5'000};
};

struct engine_settings {
  std::uint32_t io_threads = 1;
  std::uint32_t scheduler_threads = 1;
  /// Recipients started and not yet confirmed by Redis; the most a crash can repeat.
  std::uint32_t max_in_flight = 4'096;
  std::chrono::milliseconds lease{30'000};
  std::chrono::milliseconds takeover_scan{5'000};
  std::chrono::milliseconds drain_grace{25'000};
  /// Notifications read ahead per lane, and bytes of job documents over all lanes.
  std::uint32_t read_ahead = 4'096;
  std::uint64_t read_ahead_bytes = 32u << 20;
  /// Bytes of requests rendered and not answered yet, of all providers together.
  std::uint64_t rendered_bytes = 64u << 20;
  std::uint32_t limiter_shards = 2;
  /// A wait longer than this is parked in Redis instead of memory.
  std::chrono::milliseconds park_after{5'000};
};

struct lane_settings {
  std::array<std::uint32_t, lane_count> weights{8, 4, 1, 1};  ///< keys high, normal, bulk, results
};

struct platform_settings {
  /// Which provider serves a platform; none = recipients of it end failed, reason no_provider.
  std::array<std::optional<provider>, platform_count> served_by{provider::fcm, provider::apns, provider::fcm,
                                                                std::nullopt, std::nullopt};
};

struct retry_settings {
  std::uint32_t attempts = 5;
  std::chrono::milliseconds base{1'000};
  std::chrono::milliseconds cap{300'000};
  double budget_ratio = 0.1;        ///< retries per first attempt …
  double budget_per_second = 10.0;  ///< … plus this many a second, per provider
};

struct breaker_config {
  std::uint32_t failures = 5;
  std::chrono::milliseconds window{60'000};
  double min_failure_ratio = 0.5;
  std::uint32_t sample = 20;
  std::chrono::milliseconds open_for{30'000};
  std::chrono::milliseconds open_for_max{300'000};
  std::uint32_t probes = 3;
};

struct limit_settings {
  double tenant_rate = 0;   ///< per tenant; 0 = none
  double tenant_burst = 0;  ///< 0 = max(1, rate/10)
};

struct hygiene_settings {
  /// A token called dead is not sent to for so long; 0 = off.
  std::chrono::milliseconds suppress_ttl{std::chrono::hours{24}};
  /// More than this share dead, of at least so many latest sends of a scope, is not believed …
  double max_dead_share = 0.2;
  std::uint32_t least_sends = 1'000;
  /// … but for so long after an operator accepted it.
  std::chrono::milliseconds quiet_after_accept{std::chrono::hours{1}};
};

enum class results_level : std::uint8_t { all, failures, none };

struct results_settings {
  results_level level = results_level::failures;
  std::uint64_t max_length = 1'000'000;
  std::uint64_t outbox_length = 1'000'000;  ///< posts to tenants that have not ended
};

struct log_settings {
  std::string level = "info";  ///< trace debug info warn error
  std::string file;            ///< empty: standard error
};

struct admin_settings {
  std::string listen = "127.0.0.1:9180";  ///< empty = off
  std::vector<std::string> allow, deny;   ///< addresses or CIDR; deny wins
};

/// The ingestion side's listener; who may use it is in credentials, sources and gorush.
struct http_settings {
  std::string listen = "127.0.0.1:8088";  ///< empty = off
  /// Whether it listens: at its default address only when somebody could call. No key of its own.
  bool open = false;
  std::string tls_certificate_file, tls_key_file;  ///< PEM; both or neither
  std::vector<std::string> allow, deny;            ///< addresses or CIDR; deny wins
  std::vector<std::string> trusted_proxies;        ///< whose X-Forwarded-For is believed
  std::uint32_t max_connections = 1'024;
  std::uint32_t max_connections_per_address = 256;
  std::vector<std::string> cors_origins;
  bool cors_credentials = false;
  std::chrono::milliseconds cors_max_age{600'000};
  /// "Name: value" and names.
  std::vector<std::string> request_headers_add, request_headers_remove;
  std::vector<std::string> response_headers_add, response_headers_remove;
};

/// What every provider's app has.
struct provider_app {
  std::string app = "default";
  std::string endpoint;
  std::string ca_file;
  std::chrono::milliseconds timeout{15'000};
  std::uint32_t max_connections = 16;
  std::uint32_t max_streams = 100;
  double rate = 0;   ///< sends per second over all processes; 0 = no limit
  double burst = 0;  ///< 0 = max(1, rate/10)
  bool operator==(const provider_app&) const = default;
};

struct fcm_app : provider_app {
  fcm_app() { endpoint = "https://fcm.googleapis.com"; }
  std::string project_id;  ///< empty: the service account's
  std::string service_account_file;
  std::string token_ca_file;                    ///< for the token endpoint; empty: ca_file
  std::string sender_mismatch = "quarantined";  ///< quarantined | failed | invalid_token
  bool operator==(const fcm_app&) const = default;
};

struct apns_app : provider_app {
  apns_app() { endpoint = "https://api.push.apple.com"; }
  std::string key_file, key_id, team_id;                    ///< provider tokens, or …
  std::string certificate_file, certificate_password_file;  ///< … a certificate: .p12, or PEM with its key
  std::string topic;
  std::string environment = "production";        ///< production | sandbox: picks the default endpoint
  std::string bad_device_token = "quarantined";  ///< quarantined | invalid_token
  bool operator==(const apns_app&) const = default;
};

/// Its recipients' endpoints name the hosts: `endpoint` has no key. Connections, streams and rate are a
/// host's.
struct webpush_app : provider_app {
  webpush_app() { max_connections = 2; }
  std::string vapid_key_file, subject;
  std::chrono::milliseconds ttl{std::chrono::hours{24 * 28}};
  std::vector<std::string> allow_hosts;      ///< names, or *.SUFFIX; empty: all
  std::vector<std::string> allow_addresses;  ///< CIDR, although not public
  std::uint32_t threads = 1;                 ///< that encrypt
  bool operator==(const webpush_app&) const = default;
};

/// A submission server. max_streams is how many messages are handed to a connection ahead.
struct smtp_app : provider_app {
  smtp_app() {
    max_connections = 4;
    max_streams = 2;
  }
  std::string tls = "required";         ///< required | none (this machine) | insecure (anywhere)
  std::string username;                 ///< empty: no login
  std::string password_file, password;  ///< `password` from the environment
  std::string from, reply_to;           ///< NAME <ADDRESS>
  std::string helo_name;                ///< empty: the host's
  std::string text_template_file, html_template_file;
  std::string unsubscribe_url, unsubscribe_mailto;
  std::uint32_t max_messages_per_connection = 100;
  bool operator==(const smtp_app&) const = default;
};

/// Its recipients' URLs name the hosts: `endpoint` has no key. Connections, streams and rate are an origin's.
struct webhook_app : provider_app {
  webhook_app() {
    timeout = std::chrono::seconds{20};
    max_connections = 4;
  }
  std::string secret_file, secret;  ///< whsec_…, one a line, two at most; `secret` from the environment
  std::string type = "notification";
  bool allow_http = false;
  std::vector<std::string> allow_addresses;  ///< CIDR, although not public
  /// Waits after the first, second, … attempt.
  std::vector<std::chrono::milliseconds> schedule{standard_webhooks_schedule.begin(),
                                                  standard_webhooks_schedule.end()};
  bool operator==(const webhook_app&) const = default;
};

struct settings {
  redis_settings redis;
  engine_settings engine;
  lane_settings lanes;
  platform_settings platforms;
  retry_settings retry;
  breaker_config breaker;
  limit_settings limits;
  hygiene_settings hygiene;
  results_settings results;
  log_settings log;
  admin_settings admin;
  http_settings http;
  std::vector<fcm_app> fcm;              ///< [fcm.APP]
  std::vector<apns_app> apns;            ///< [apns.APP]
  std::vector<smtp_app> smtp;            ///< [smtp.APP]
  std::vector<tenant_settings> tenants;  ///< [tenants.NAME], by name
  std::vector<webpush_app> webpush;      ///< [webpush.APP]
  std::vector<webhook_app> webhook;      ///< [webhook.APP]
  gorush_settings gorush;
  std::vector<credential_settings> credentials;  ///< [http.credentials.NAME]
  std::vector<source_settings> sources;          ///< [http.sources.NAME]
};

}  // namespace dispatch
