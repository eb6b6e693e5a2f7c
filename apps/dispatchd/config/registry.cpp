#include "apps/dispatchd/config/registry.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <stdexcept>

#include "api/address_list.hpp"
#include "apps/dispatchd/config/connection_keys.hpp"
#include "storage/redis/address.hpp"

namespace dispatch::config {
namespace {

using namespace std::chrono_literals;
using keys = std::vector<key<settings>>;

constexpr std::string_view name_extra = "._:{}-";

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The messages name no values: a URL may hold a password.
std::string check_redis_url(const std::string& value) {
  try {
    redis::parse_address(value);
    return {};
  } catch (const std::invalid_argument& wrong) {
    return wrong.what();
  }
}

std::string check_endpoint(const std::string& value) {
  const auto url = boost::urls::parse_uri(value);
  if (!url || url->scheme() != "https" || url->host().empty()) return "must be https://HOST[:PORT]";
  if (url->has_userinfo()) return "must not hold credentials";
  const bool bare = !url->has_query() && !url->has_fragment() && (url->path().empty() || url->path() == "/");
  return bare ? "" : "must have neither path, query nor fragment";
}

/// Redis keys begin with it; braces are for a cluster's hash tag.
std::string check_namespace(const std::string& value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return is_alphanumeric(c) || name_extra.find(c) != std::string_view::npos;
  });
  return plain && !value.empty() && value.size() <= 64 ? "" : "must match [A-Za-z0-9._:{}-]{1,64}";
}

std::string check_consumer(const std::string& value) {
  return value.empty() || check_namespace(value).empty() ? "" : "must match [A-Za-z0-9._:{}-]{0,64}";
}

std::string check_listen(const std::string& value) {
  if (value.empty() || listen_address::parse(value)) return "";
  return "must be ADDRESS:PORT ([ADDRESS]:PORT for IPv6), or empty";
}

std::string check_identifier(const std::string& value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
  });
  return plain && value.size() <= 255 ? "" : "must match [A-Za-z0-9._-]{0,255}";
}

void add_redis(keys& all) {
  all.push_back(
      secret(text<settings>("redis.url", "redis:// | rediss:// | unix://",
                            "Where Redis is; a password belongs into password_file or the environment.",
                            PLACE(redis.url), check_redis_url)));
  all.push_back(file<settings>("redis.ca_file",
                               "Certificates that may sign Redis's (rediss://); empty: the system's.",
                               PLACE(redis.ca_file)));
  all.push_back(file<settings>("redis.password_file",
                               "File whose first line is Redis's password; empty: none.",
                               PLACE(redis.password_file)));
  all.push_back(text<settings>("redis.namespace", "[A-Za-z0-9._:{}-]{1,64}",
                               "What every key begins with; all processes of one namespace share its work.",
                               PLACE(redis.name_space), check_namespace));
  all.push_back(text<settings>("redis.consumer", "[A-Za-z0-9._:{}-]{0,64}",
                               "This process's name among them, unique; empty: HOST-PID-RANDOM.",
                               PLACE(redis.consumer), check_consumer));
  all.push_back(duration<settings>("redis.command_timeout", 10ms, 10min,
                                   "A command not answered by then has failed.",
                                   PLACE(redis.command_timeout)));
}

void add_engine(keys& all) {
  all.push_back(integer<settings>("engine.io_threads", 1, 16, "Threads with connections to providers.",
                                  PLACE(engine.io_threads)));
  all.push_back(integer<settings>("engine.scheduler_threads", 1, 64, "Threads the actors run on.",
                                  PLACE(engine.scheduler_threads)));
  all.push_back(
      integer<settings>("engine.max_in_flight", 1, 1'000'000,
                        "Recipients started and not yet confirmed by Redis; the most a crash can repeat.",
                        PLACE(engine.max_in_flight)));
  all.push_back(duration<settings>("engine.lease", 500ms, 10min,
                                   "A process silent for this long loses its work to another.",
                                   PLACE(engine.lease)));
  all.push_back(duration<settings>("engine.takeover_scan", 100ms, 10min,
                                   "How often to look for the work of silent processes.",
                                   PLACE(engine.takeover_scan)));
  all.push_back(duration<settings>("engine.drain_grace", 0ms, 10min,
                                   "How long a stopping process waits for what is in flight.",
                                   PLACE(engine.drain_grace)));
  all.push_back(integer<settings>("engine.read_ahead", 1, 1'000'000, "Notifications read ahead, per lane.",
                                  PLACE(engine.read_ahead)));
  all.push_back(size<settings>("engine.read_ahead_bytes", 64u << 10, 4ull << 30,
                               "Bytes of job documents read ahead, over all lanes.",
                               PLACE(engine.read_ahead_bytes)));
  all.push_back(size<settings>("engine.rendered_bytes", 4u << 20, 4ull << 30,
                               "Bytes of requests rendered and not answered yet, of all providers together.",
                               PLACE(engine.rendered_bytes)));
  all.push_back(integer<settings>("engine.limiter_shards", 1, 64,
                                  "Actors that share the scopes of rate limits.",
                                  PLACE(engine.limiter_shards)));
  all.push_back(duration<settings>("engine.park_after", 0ms, 10min,
                                   "A wait longer than this is kept in Redis instead of memory.",
                                   PLACE(engine.park_after)));
}

void add_lanes_and_platforms(keys& all) {
  constexpr const char* lane_paths[] = {"lanes.high", "lanes.normal", "lanes.bulk", "lanes.results"};
  for (const auto each : all_lanes)
    all.push_back(integer<settings>(
        lane_paths[index_of(each)], 1, 1'000,
        "Turns this lane gets when all lanes have work.", [at = index_of(each)](auto& s) -> auto& {
          return s.lanes.weights[at];
        }));

  constexpr const char* platform_paths[] = {"platforms.android", "platforms.ios", "platforms.web",
                                            "platforms.email", "platforms.webhook"};
  // Which provider speaks for a platform at all is the contract's: ios and web may also go through fcm.
  const std::vector<std::string> providers[] = {{"fcm", "none"},
                                                {"apns", "fcm", "none"},
                                                {"webpush", "fcm", "none"},
                                                {"smtp", "none"},
                                                {"webhook", "none"}};
  for (const auto each : all_platforms) {
    const auto at = index_of(each);
    all.push_back(words<settings>(
        platform_paths[at], providers[at],
        "Provider that serves it; none: its recipients end failed (no_provider).",
        [at](settings& s, const std::string& word) { s.platforms.served_by[at] = parse_provider(word); },
        [at](const settings& s) {
          const auto served_by = s.platforms.served_by[at];
          return served_by ? std::string(to_string(*served_by)) : std::string("none");
        }));
  }
}

void add_retries_and_breaker(keys& all) {
  all.push_back(live(integer<settings>("retry.attempts", 1, 100, "Attempts before a recipient is dead.",
                                       PLACE(retry.attempts))));
  all.push_back(live(duration<settings>(
      "retry.base", 1ms, 1h, "Wait before the second attempt, doubling (full jitter).", PLACE(retry.base))));
  all.push_back(
      live(duration<settings>("retry.cap", 1ms, 24h, "Longest wait between attempts.", PLACE(retry.cap))));
  all.push_back(
      live(number<settings>("retry.budget_ratio", 0, 1, "Retries allowed per first attempt, per provider.",
                            PLACE(retry.budget_ratio))));
  all.push_back(live(number<settings>("retry.budget_per_second", 0, 1e6,
                                      "Retries a second allowed besides, per provider, over all processes.",
                                      PLACE(retry.budget_per_second))));

  all.push_back(live(integer<settings>("breaker.failures", 1, 1'000,
                                       "Failures within the window that open it.", PLACE(breaker.failures))));
  all.push_back(live(duration<settings>("breaker.window", 100ms, 1h, "How far back failures count.",
                                        PLACE(breaker.window))));
  all.push_back(live(number<settings>("breaker.min_failure_ratio", 0, 1,
                                      "Share of failures it takes besides; 0: the count alone decides.",
                                      PLACE(breaker.min_failure_ratio))));
  all.push_back(live(integer<settings>("breaker.sample", 1, 1'000, "Latest answers that share is taken over.",
                                       PLACE(breaker.sample))));
  all.push_back(
      live(duration<settings>("breaker.open_for", 1ms, 24h, "How long it stays open at first, then doubling.",
                              PLACE(breaker.open_for))));
  all.push_back(live(duration<settings>("breaker.open_for_max", 1ms, 24h, "Longest it stays open.",
                                        PLACE(breaker.open_for_max))));
  all.push_back(live(integer<settings>("breaker.probes", 1, 100, "Sends that try a half-open breaker.",
                                       PLACE(breaker.probes))));
}

void add_limits_and_rest(keys& all) {
  all.push_back(
      live(number<settings>("limits.tenant_rate", 0, 1e7, "Sends a second for each tenant; 0: no limit.",
                            PLACE(limits.tenant_rate))));
  all.push_back(live(number<settings>("limits.tenant_burst", 0, 1e7,
                                      "Sends at once on top of the rate; 0: max(1, rate/10).",
                                      PLACE(limits.tenant_burst))));

  const std::vector<std::string> levels{"all", "failures", "none"};
  all.push_back(live(words<settings>(
      "results.level", levels, "Outcomes written to NAMESPACE:results; failures: all but delivered.",
      [levels](settings& s, const std::string& word) {
        const auto at = std::find(levels.begin(), levels.end(), word) - levels.begin();
        s.results.level = static_cast<results_level>(at);
      },
      [levels](const settings& s) { return levels[static_cast<std::size_t>(s.results.level)]; })));
  all.push_back(integer<settings>("results.max_length", 1, 1'000'000'000,
                                  "Entries kept in NAMESPACE:results.", PLACE(results.max_length)));

  all.push_back(integer<settings>("results.outbox_length", 1, 1'000'000'000,
                                  "Posts of results to tenants that have not ended; beyond it none is made.",
                                  PLACE(results.outbox_length)));

  all.push_back(live(choice<settings>("log.level", {"trace", "debug", "info", "warn", "error"},
                                      "Least level that is written.", PLACE(log.level))));
  auto log_file =
      live(file<settings>("log.file", "Where JSON lines go; empty: standard error.", PLACE(log.file)));
  log_file.file = false;  // it is written, not read, and need not exist
  all.push_back(std::move(log_file));

  all.push_back(
      text<settings>("admin.listen", "ADDRESS:PORT",
                     "Where /metrics, /healthz, /readyz and /version are served; empty: off; loopback only.",
                     PLACE(admin.listen), check_listen));
  all.push_back(list<settings>("admin.allow", "addresses or CIDR",
                               "Who may call it; empty: everyone who can.", PLACE(admin.allow),
                               network_problem));
  all.push_back(list<settings>("admin.deny", "addresses or CIDR", "Who may not, whatever allow says.",
                               PLACE(admin.deny), network_problem));
}

void add_hygiene(keys& all) {
  all.push_back(live(duration<settings>("hygiene.suppress_ttl", 0ms, 24h * 365,
                                        "A token called dead is not sent to for so long; 0: it is.",
                                        PLACE(hygiene.suppress_ttl))));
  all.push_back(number<settings>("hygiene.max_dead_share", 0, 1,
                                 "A larger share of dead tokens is not believed; 1: everything is.",
                                 PLACE(hygiene.max_dead_share)));
  all.push_back(integer<settings>("hygiene.least_sends", 1, 1'000'000'000,
                                  "Latest sends that share is taken over; fewer are believed.",
                                  PLACE(hygiene.least_sends)));
  all.push_back(live(duration<settings>("hygiene.quiet_after_accept", 0ms, 24h * 365,
                                        "For so long any share is believed once an operator accepted one.",
                                        PLACE(hygiene.quiet_after_accept))));
}

template <class App>
void add_app_keys(std::vector<key<App>>& all) {
  all.push_back(text<App>("endpoint", "https://HOST[:PORT]", "Base URL; a sandbox or proxy can stand in.",
                          PLACE(endpoint), check_endpoint));
  add_connection_keys(all, false);
}

std::vector<key<fcm_app>> make_fcm_keys() {
  std::vector<key<fcm_app>> all;
  all.push_back(live(file<fcm_app>("service_account_file", "Google's JSON with the private key; required.",
                                   PLACE(service_account_file))));
  all.push_back(text<fcm_app>("project_id", "[A-Za-z0-9._-]{0,255}", "Empty: the service account's.",
                              PLACE(project_id), check_identifier));
  all.push_back(file<fcm_app>("token_ca_file", "Like ca_file, for the token endpoint; empty: ca_file.",
                              PLACE(token_ca_file)));
  all.push_back(choice<fcm_app>("sender_mismatch", {"quarantined", "failed", "invalid_token"},
                                "Outcome of SENDER_ID_MISMATCH: the token belongs to another project.",
                                PLACE(sender_mismatch)));
  add_app_keys(all);
  return all;
}

std::vector<key<apns_app>> make_apns_keys() {
  std::vector<key<apns_app>> all;
  all.push_back(live(file<apns_app>("key_file", "The .p8 with the private key; this or certificate_file.",
                                    PLACE(key_file))));
  all.push_back(live(text<apns_app>("key_id", "[A-Za-z0-9._-]{0,255}", "That key's id; required with it.",
                                    PLACE(key_id), check_identifier)));
  all.push_back(live(text<apns_app>("team_id", "[A-Za-z0-9._-]{0,255}",
                                    "The developer account's team; required with it.", PLACE(team_id),
                                    check_identifier)));
  all.push_back(live(file<apns_app>("certificate_file",
                                    "Provider certificate with its key, .p12 or PEM; this or key_file.",
                                    PLACE(certificate_file))));
  all.push_back(
      live(file<apns_app>("certificate_password_file", "File whose first line opens it; empty: no password.",
                          PLACE(certificate_password_file))));
  all.push_back(text<apns_app>("topic", "[A-Za-z0-9._-]{0,255}", "The app's bundle id; required.",
                               PLACE(topic), check_identifier));
  all.push_back(choice<apns_app>(
      "environment", {"production", "sandbox"},
      "Picks the endpoint when none is given (sandbox: api.sandbox.push.apple.com).", PLACE(environment)));
  all.push_back(choice<apns_app>("bad_device_token", {"quarantined", "invalid_token"},
                                 "Outcome of BadDeviceToken, which a wrong environment also causes.",
                                 PLACE(bad_device_token)));
  add_app_keys(all);
  return all;
}

}  // namespace

const std::vector<key<settings>>& setting_keys() {
  static const auto all = [] {
    keys made;
    add_redis(made);
    add_engine(made);
    add_lanes_and_platforms(made);
    add_retries_and_breaker(made);
    add_hygiene(made);
    add_limits_and_rest(made);
    add_http(made);
    add_gorush(made);
    return made;
  }();
  return all;
}

const std::vector<key<fcm_app>>& fcm_keys() {
  static const auto all = make_fcm_keys();
  return all;
}

const std::vector<key<apns_app>>& apns_keys() {
  static const auto all = make_apns_keys();
  return all;
}

bool is_app_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-';
  });
}

}  // namespace dispatch::config
