#include "actors/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <utility>

#include "actors/bounded_series.hpp"
#include "actors/build_info.hpp"

namespace dispatch {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;
using buckets = Histogram::BucketBoundaries;

constexpr std::size_t max_scopes = 200;
constexpr std::size_t max_reasons = 64;
constexpr std::size_t max_apps = 64;
constexpr std::size_t max_actors = 64;
constexpr std::size_t max_routes = 64;

constexpr std::array<provider, provider_count> all_providers{provider::fcm, provider::apns, provider::webpush,
                                                             provider::smtp, provider::webhook};

/// The contract's states, and one for what is none of them.
constexpr std::array<std::string_view, 6> breaker_states{"closed",      "half_open",     "open",
                                                         "forced_open", "forced_closed", "other"};

const buckets& send_buckets() {
  static const buckets edges{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                             0.25,   0.5,   1,      2.5,   5,    10,    15};
  return edges;
}

const buckets& dispatch_buckets() {
  static const buckets edges{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                             1,     2.5,    5,     10,   30,    60,   120, 300,  600};
  return edges;
}

const buckets& redis_buckets() {
  static const buckets edges{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};
  return edges;
}

// Few of them: there may be 200 scopes.
const buckets& wait_buckets() {
  static const buckets edges{0.001, 0.01, 0.1, 1, 5, 30, 300};
  return edges;
}

const buckets& http_buckets() {
  static const buckets edges{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5};
  return edges;
}

double seconds(std::chrono::nanoseconds span) {
  return std::chrono::duration<double>(span).count();
}

template <class Enum>
std::string text(Enum value) {
  return std::string(to_string(value));
}

}  // namespace

struct metrics::state {
  prometheus::Registry registry;

  Family<Counter>& counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Family<Gauge>& gauges(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  Family<Histogram>& histograms(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  Family<Counter>& notifications_family =
      counters("dispatch_notifications_total", "Recipients that reached their outcome.");
  Family<Counter>& attempts_family = counters("dispatch_attempts_total", "Sends answered or given up on.");
  Family<Histogram>& send_family =
      histograms("dispatch_send_duration_seconds", "Provider round trip of one send.");
  Family<Histogram>& dispatch_family =
      histograms("dispatch_dispatch_duration_seconds", "From the job stored to the provider's answer.");
  Family<Gauge>& depth_family = gauges("dispatch_lane_depth", "Entries in a lane's stream.");
  Family<Gauge>& age_family = gauges("dispatch_lane_oldest_age_seconds", "Age of a lane's oldest entry.");
  Family<Gauge>& pending_family = gauges("dispatch_pending", "Entries read and not yet acknowledged.");
  Family<Gauge>& in_flight_family =
      gauges("dispatch_in_flight", "Sends handed to a provider, not yet answered.");
  Family<Counter>& retries_family = counters("dispatch_retries_total", "Attempts put off to be made again.");
  Family<Gauge>& breaker_family = gauges("dispatch_breaker_state", "0 closed, 1 half open, 2 open.");
  Family<Counter>& transitions_family =
      counters("dispatch_breaker_transitions_total", "Breakers that changed their state.");
  Family<Gauge>& concurrency_family =
      gauges("dispatch_concurrency_limit",
             "How many sends the scope's provider gets at a time, as found by watching it.");
  Family<Gauge>& doubts_family =
      gauges("dispatch_mass_invalid", "1 while a scope is held because it calls too many tokens dead.");
  Family<Gauge>& spoiled_family = gauges("dispatch_spoiled_keys", "1 while keys of this kind are unusable.");
  Family<Histogram>& wait_family =
      histograms("dispatch_rate_limit_wait_seconds", "What a send waited for its rate limit.");
  Family<Counter>& tokens_family =
      counters("dispatch_tokens_invalidated_total", "Tokens a provider called dead.");
  Family<Counter>& restarts_family =
      counters("dispatch_actor_restarts_total", "Actors restarted after a failure.");
  Family<Gauge>& mailbox_family = gauges("dispatch_mailbox_depth", "Messages an actor has not handled yet.");
  Family<Gauge>& expiry_family =
      gauges("dispatch_credential_expiry_timestamp_seconds", "When the credential in use ends.");
  Family<Gauge>& renewing_family = gauges("dispatch_credential_self_renewing",
                                          "1 for tokens, 0 for what only a person renews: certificates.");
  Family<Gauge>& waiting_family = gauges("dispatch_waiting", "Work waiting for a scope, outside its lane.");
  Family<Counter>& jobs_family = counters("dispatch_jobs_total", "Job documents by what became of them.");
  Family<Counter>& requests_family = counters("dispatch_http_requests_total", "HTTP requests answered.");
  Family<Histogram>& request_duration_family =
      histograms("dispatch_http_request_duration_seconds", "From the request read to the answer ready.");
  Family<Counter>& reloads_family =
      counters("dispatch_config_reloads_total", "Reloads of the configuration.");

  Gauge& dead_letters = gauges("dispatch_dead_letters", "Entries of the dead-letter stream.").Add({});
  Gauge& scheduled = gauges("dispatch_scheduled", "Jobs and retries whose time has not come.").Add({});
  Counter& fenced = counters("dispatch_fenced_total",
                             "Processes of the namespace refused because another took their work over.")
                        .Add({});
  std::optional<std::uint64_t> fenced_before;  ///< what this process found, not its own to report
  Gauge& posts_open = gauges("dispatch_result_posts_open", "Posts of results that have not ended.").Add({});
  Counter& posts_dropped =
      counters("dispatch_result_posts_dropped_total", "Posts of results dropped: too many were open.")
          .Add({});
  std::optional<std::uint64_t> posts_dropped_before;
  Gauge& redis_up = gauges("dispatch_redis_up", "1 while Redis answers.").Add({});
  Gauge& redis_durability =
      gauges("dispatch_redis_durability", "1: Redis keeps what it took; 0: perhaps not; -1: unknown.")
          .Add({});
  Histogram& redis_command =
      histograms("dispatch_redis_command_duration_seconds", "Round trip of a Redis command.")
          .Add({}, redis_buckets());
  Gauge& reload_success =
      gauges("dispatch_config_last_reload_successful", "0 when the latest reload was refused.").Add({});

  std::array<std::atomic<Counter*>, platform_count * provider_count * outcome_count> notifications{};
  std::array<std::atomic<Histogram*>, provider_count> send_duration{};
  std::array<std::atomic<Gauge*>, provider_count> in_flight{};
  std::array<Histogram*, lane_count> dispatch_duration{};
  std::array<Gauge*, lane_count> depth{}, age{}, pending{};

  template <class Metric>
  using by_provider = bounded_series<Metric, provider_count>;

  by_provider<Counter> attempts{
      max_reasons, [this](std::size_t by, const std::string& result) -> Counter& {
        return attempts_family.Add({{"provider", text(all_providers[by])}, {"result", result}});
      }};
  by_provider<Counter> retries{
      max_reasons, [this](std::size_t by, const std::string& reason) -> Counter& {
        return retries_family.Add({{"provider", text(all_providers[by])}, {"reason", reason}});
      }};
  worst_gauges<Gauge> breakers{max_scopes, [this](std::size_t, const std::string& scope) -> Gauge& {
                                 return breaker_family.Add({{"scope", scope}});
                               }};
  bounded_series<Counter, breaker_states.size()> transitions{
      max_scopes, [this](std::size_t to, const std::string& scope) -> Counter& {
        return transitions_family.Add({{"scope", scope}, {"to", std::string(breaker_states[to])}});
      }};
  bounded_series<Gauge> concurrency{max_scopes, [this](std::size_t, const std::string& scope) -> Gauge& {
                                      return concurrency_family.Add({{"scope", scope}});
                                    }};
  worst_gauges<Gauge> doubts{max_scopes, [this](std::size_t, const std::string& scope) -> Gauge& {
                               return doubts_family.Add({{"scope", scope}});
                             }};
  bounded_series<Gauge> spoiled{64, [this](std::size_t, const std::string& kind) -> Gauge& {
                                  return spoiled_family.Add({{"kind", kind}});
                                }};
  bounded_series<Histogram> waits{max_scopes, [this](std::size_t, const std::string& scope) -> Histogram& {
                                    return wait_family.Add({{"scope", scope}}, wait_buckets());
                                  }};
  bounded_series<Counter, platform_count> tokens{
      max_reasons, [this](std::size_t on, const std::string& reason) -> Counter& {
        return tokens_family.Add({{"platform", text(all_platforms[on])}, {"reason", reason}});
      }};
  bounded_series<Counter> restarts{max_actors, [this](std::size_t, const std::string& actor) -> Counter& {
                                     return restarts_family.Add({{"actor", actor}});
                                   }};
  bounded_series<Gauge> mailboxes{max_actors, [this](std::size_t, const std::string& actor) -> Gauge& {
                                    return mailbox_family.Add({{"actor", actor}});
                                  }};
  by_provider<Gauge> expiries{
      max_apps, [this](std::size_t by, const std::string& app) -> Gauge& {
        return expiry_family.Add({{"provider", text(all_providers[by])}, {"app", app}});
      }};
  by_provider<Gauge> renewing{
      max_apps, [this](std::size_t by, const std::string& app) -> Gauge& {
        return renewing_family.Add({{"provider", text(all_providers[by])}, {"app", app}});
      }};
  bounded_series<Gauge, lane_count> waiting{
      max_scopes, [this](std::size_t on, const std::string& scope) -> Gauge& {
        return waiting_family.Add({{"scope", scope}, {"lane", text(all_lanes[on])}});
      }};
  bounded_series<Counter> jobs{max_reasons, [this](std::size_t, const std::string& result) -> Counter& {
                                 return jobs_family.Add({{"result", result}});
                               }};
  // One series a route and code: "route code" is the key, split again when the series is made.
  bounded_series<Counter> requests{
      max_routes * 8, [this](std::size_t, const std::string& key) -> Counter& {
        const auto space = key.rfind(' ');
        if (space == std::string::npos) return requests_family.Add({{"route", key}, {"code", key}});
        return requests_family.Add({{"route", key.substr(0, space)}, {"code", key.substr(space + 1)}});
      }};
  bounded_series<Histogram> request_durations{
      max_routes, [this](std::size_t, const std::string& route) -> Histogram& {
        return request_duration_family.Add({{"route", route}}, http_buckets());
      }};

  state();
  Counter& notification(platform on, provider by, outcome result);

  /// A rate over a counter misses the step from absent to one: what will surely come starts at zero.
  void start_at_zero();

  /// Two threads may both miss the cache: Family::Add gives both the same series.
  template <class Metric, class Make>
  static Metric& cached(std::atomic<Metric*>& slot, const Make& make) {
    if (auto* known = slot.load(std::memory_order_acquire)) return *known;
    auto& made = make();
    slot.store(&made, std::memory_order_release);
    return made;
  }
};

metrics::state::state() {
  for (const auto on : all_lanes) {
    const Labels labels{{"lane", text(on)}};
    const auto at = index_of(on);
    dispatch_duration[at] = &dispatch_family.Add(labels, dispatch_buckets());
    depth[at] = &depth_family.Add(labels);
    age[at] = &age_family.Add(labels);
    pending[at] = &pending_family.Add(labels);
  }
  gauges("dispatch_build_info", "Always 1; the labels say what was built.")
      .Add({{"version", std::string(build_version())}, {"revision", std::string(build_revision())}})
      .Set(1);
  reload_success.Set(1);
  redis_durability.Set(-1);  // not asked yet
  start_at_zero();
}

void metrics::state::start_at_zero() {
  constexpr std::array<std::pair<platform, provider>, 7> ordinary{{{platform::android, provider::fcm},
                                                                   {platform::ios, provider::apns},
                                                                   {platform::ios, provider::fcm},
                                                                   {platform::web, provider::webpush},
                                                                   {platform::web, provider::fcm},
                                                                   {platform::email, provider::smtp},
                                                                   {platform::webhook, provider::webhook}}};
  for (const auto& [on, by] : ordinary)
    for (const auto result : all_outcomes) notification(on, by, result);
  for (const auto* result : {"accepted", "repeat", "conflict", "malformed"}) jobs.at(0, result);
  for (const auto* result : {"applied", "refused"}) reloads_family.Add({{"result", result}});
}

Counter& metrics::state::notification(platform on, provider by, outcome result) {
  const auto at = (index_of(on) * provider_count + index_of(by)) * outcome_count + index_of(result);
  return cached(notifications[at], [&]() -> Counter& {
    return notifications_family.Add(
        {{"platform", text(on)}, {"provider", text(by)}, {"outcome", text(result)}});
  });
}

metrics::metrics() : state_(std::make_unique<state>()) {}
metrics::~metrics() = default;

void metrics::notifications(platform on, provider by, outcome result, std::uint64_t count) {
  state_->notification(on, by, result).Increment(static_cast<double>(count));
}

void metrics::attempts(provider by, std::string_view result, std::uint64_t count) {
  state_->attempts.at(index_of(by), result).Increment(static_cast<double>(count));
}

void metrics::send_duration(provider by, std::chrono::nanoseconds took) {
  state::cached(state_->send_duration[index_of(by)], [&]() -> Histogram& {
    return state_->send_family.Add({{"provider", text(by)}}, send_buckets());
  }).Observe(seconds(took));
}

void metrics::dispatch_duration(lane on, std::chrono::nanoseconds took) {
  state_->dispatch_duration[index_of(on)]->Observe(seconds(took));
}

void metrics::lane_state(lane on, std::uint64_t depth, std::chrono::milliseconds oldest,
                         std::uint64_t pending) {
  state_->depth[index_of(on)]->Set(static_cast<double>(depth));
  state_->age[index_of(on)]->Set(seconds(oldest));
  state_->pending[index_of(on)]->Set(static_cast<double>(pending));
}

void metrics::in_flight(provider by, std::uint64_t count) {
  state::cached(state_->in_flight[index_of(by)], [&]() -> Gauge& {
    return state_->in_flight_family.Add({{"provider", text(by)}});
  }).Set(static_cast<double>(count));
}

void metrics::retries(provider by, std::string_view reason, std::uint64_t count) {
  state_->retries.at(index_of(by), reason).Increment(static_cast<double>(count));
}

void metrics::breaker_state(std::string_view scope, int value) {
  state_->breakers.set(scope, value);
}

void metrics::breaker_transition(std::string_view scope, std::string_view to) {
  std::size_t at = 0;
  while (at + 1 < breaker_states.size() && breaker_states[at] != to) ++at;
  state_->transitions.among_all(at, scope).Increment();
}

void metrics::rate_limit_wait(std::string_view scope, std::chrono::nanoseconds waited) {
  state_->waits.at(0, scope).Observe(seconds(waited));
}
void metrics::token_invalidated(platform on, std::string_view reason) {
  state_->tokens.at(index_of(on), reason).Increment();
}
void metrics::concurrency_limit(const std::string& scope, std::uint32_t limit) {
  state_->concurrency.at(0, scope).Set(limit);
}
void metrics::mass_invalid(std::string_view scope, bool held) {
  state_->doubts.set(scope, held ? 1 : 0);
}
void metrics::dead_letters(std::uint64_t length) {
  state_->dead_letters.Set(static_cast<double>(length));
}
void metrics::spoiled_key(std::string_view kind, bool is) {
  state_->spoiled.at(0, kind).Set(is ? 1 : 0);
}
void metrics::fenced(std::uint64_t processes) {
  const auto before = std::exchange(state_->fenced_before, processes);
  if (before && processes > *before) state_->fenced.Increment(static_cast<double>(processes - *before));
}
void metrics::result_posts(std::uint64_t open, std::uint64_t dropped) {
  state_->posts_open.Set(static_cast<double>(open));
  const auto before = std::exchange(state_->posts_dropped_before, dropped);
  if (before && dropped > *before) state_->posts_dropped.Increment(static_cast<double>(dropped - *before));
}
void metrics::actor_restarted(std::string_view actor) {
  state_->restarts.at(0, actor).Increment();
}
void metrics::mailbox_depth(std::string_view actor, std::int64_t depth) {
  state_->mailboxes.at(0, actor).Set(static_cast<double>(depth));
}
void metrics::redis_up(bool up) {
  state_->redis_up.Set(up ? 1 : 0);
}
void metrics::redis_durability(std::optional<bool> kept) {
  state_->redis_durability.Set(!kept ? -1 : *kept ? 1 : 0);
}
void metrics::redis_command(std::chrono::nanoseconds took) {
  state_->redis_command.Observe(seconds(took));
}
void metrics::credential_expiry(provider by, std::string_view app, std::chrono::milliseconds at,
                                bool renews_itself) {
  state_->expiries.at(index_of(by), app).Set(seconds(at));
  state_->renewing.at(index_of(by), app).Set(renews_itself ? 1 : 0);
}
void metrics::waiting(std::string_view scope, lane on, std::uint64_t length) {
  state_->waiting.at(index_of(on), scope).Set(static_cast<double>(length));
}
void metrics::scheduled(std::uint64_t length) {
  state_->scheduled.Set(static_cast<double>(length));
}
void metrics::jobs(std::string_view result, std::uint64_t count) {
  state_->jobs.at(0, result).Increment(static_cast<double>(count));
}
void metrics::http_request(std::string_view route, int code, std::chrono::nanoseconds took) {
  state_->requests.at(0, std::string(route) + ' ' + std::to_string(code)).Increment();
  state_->request_durations.at(0, route).Observe(seconds(took));
}
void metrics::config_reloaded(bool applied) {
  state_->reloads_family.Add({{"result", applied ? "applied" : "refused"}}).Increment();
  state_->reload_success.Set(applied ? 1 : 0);
}

std::string metrics::exposition() const {
  return prometheus::TextSerializer().Serialize(state_->registry.Collect()) + pressure.exposition();
}

}  // namespace dispatch
