#pragma once

// The engine's metrics (contract: section Metrics) as one object any thread may call. Series are looked up
// once and kept, so a call costs an atomic add; label values outside the known sets are bounded.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/pressure_metrics.hpp"
#include "core/types.hpp"

namespace dispatch {

class metrics {
 public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  void notifications(platform on, provider by, outcome result, std::uint64_t count);
  void attempts(provider by, std::string_view result, std::uint64_t count);
  void send_duration(provider by, std::chrono::nanoseconds took);
  void dispatch_duration(lane on, std::chrono::nanoseconds took);
  void lane_state(lane on, std::uint64_t depth, std::chrono::milliseconds oldest, std::uint64_t pending);
  void in_flight(provider by, std::uint64_t count);
  /// How many sends the scope's provider gets at a time. At most 200 scopes, the rest are `other`.
  void concurrency_limit(const std::string& scope, std::uint32_t limit);
  void retries(provider by, std::string_view reason, std::uint64_t count);
  /// 0 closed, 1 half open, 2 open. At most 200 scopes; of the rest the highest is `other`.
  void breaker_state(std::string_view scope, int state);
  void breaker_transition(std::string_view scope, std::string_view to);
  void rate_limit_wait(std::string_view scope, std::chrono::nanoseconds waited);
  void token_invalidated(platform on, std::string_view reason);
  /// The scope is held because it calls too many tokens dead.
  void mass_invalid(std::string_view scope, bool held);
  void dead_letters(std::uint64_t length);
  /// Of the namespace, since it was made; what came after the first call is reported. One thread. (A process
  /// that is fenced ends before it could be asked.)
  void fenced(std::uint64_t processes);
  /// Posts of results that have not ended; those dropped, counted as fenced() counts.
  void result_posts(std::uint64_t open, std::uint64_t dropped);
  /// Kinds of keys that hold what they should not (docs/storage.md); 64 at most.
  void spoiled_key(std::string_view kind, bool is);
  void actor_restarted(std::string_view actor);
  void mailbox_depth(std::string_view actor, std::int64_t depth);
  void redis_up(bool up);
  void redis_command(std::chrono::nanoseconds took);
  /// False: Redis is set so that it may lose what it has accepted, or has lost it.
  /// Whether Redis keeps what it accepted; nullopt: it does not say.
  void redis_durability(std::optional<bool> kept);
  /// `renews_itself`: false of a certificate.
  void credential_expiry(provider by, std::string_view app, std::chrono::milliseconds at, bool renews_itself);
  /// Beyond the contract's list: waiting lists, schedule, repeats of known jobs, refused documents.
  /// Of origins their app's sum.
  void waiting(std::string_view scope, lane on, std::uint64_t length);
  void scheduled(std::uint64_t length);
  void jobs(std::string_view result, std::uint64_t count);  ///< accepted repeat conflict malformed
  /// `route` is a route's pattern, never the path as it came.
  void http_request(std::string_view route, int code, std::chrono::nanoseconds took);
  void config_reloaded(bool applied);

  pressure_metrics pressure;

  /// The text exposition format (version 0.0.4). Any thread, not the io thread.
  std::string exposition() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dispatch
