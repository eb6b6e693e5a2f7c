#pragma once

// What operators do, as records in Redis that every process obeys: the answer says what stands in Redis now;
// the processes hear of it through NS:control within a second. Each action is one script: all or nothing, and
// safe to repeat after redis_unavailable. Blocking; the thread of its client.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.hpp"
#include "storage/operator/dead_letters.hpp"
#include "storage/operator/job_orders.hpp"
#include "storage/operator/scripts.hpp"
#include "storage/redis/keys.hpp"
#include "storage/redis_client.hpp"

namespace dispatch {

/// Redis refused (its own error text). redis_unavailable is thrown when there is no answer.
class operator_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class breaker_order : std::uint8_t { open, close, automatic };
struct breaker_change {
  bool changed = false;
  std::string before, now;
};

enum class token_decision : std::uint8_t { accept, discard };
struct decision_result {
  std::uint64_t tokens = 0;  ///< decided on
  bool released = false;     ///< the scope was held for them, and is not any more
};

class operator_actions {
 public:
  /// The client must live longer.
  operator_actions(redis_client& client, const std::string& name_space);

  // Jobs. A name that cannot be a job's (contract) is std::invalid_argument.

  /// What was sent stays sent, the rest ends `cancelled`. A job not read yet is cancelled when it is, within
  /// 24 h.
  job_change cancel(std::string_view tenant, std::string_view id);
  job_change pause(std::string_view tenant, std::string_view id);
  /// Of a job that is not paused: gives back what an interrupted resume left behind.
  job_change resume(std::string_view tenant, std::string_view id);

  // Lanes: while one is paused nothing is read from it. True when that changed something.

  bool pause_lane(lane which) { return set_lane(which, "lane_pause"); }
  bool resume_lane(lane which) { return set_lane(which, "lane_resume"); }
  std::array<bool, lane_count> paused_lanes();

  /// `automatic` ends a forced state and changes no other. At most 128 bytes of the reason are kept. A scope
  /// that none can be (see breaker_scope_usable) is std::invalid_argument.
  breaker_change force_breaker(std::string_view scope, breaker_order order,
                               std::string_view reason = "operator");

  // Tokens (token_actions.cpp). A scope that none can be is std::invalid_argument.

  /// On the tokens a scope's guard withheld: accepted, they become `invalid` events on NS:tokens and are not
  /// sent to; discarded, they are forgotten. Either way the scope goes on if it was held for them. Up to 256
  /// a step: after redis_unavailable the same call goes on with the rest.
  decision_result decide(std::string_view scope, token_decision what);
  /// How many of them were suppressed; they may be sent to again, within a second on all processes.
  std::uint64_t forget_tokens(std::string_view scope, std::span<const std::string> tokens);
  /// How many of these endpoints were disabled; they may be sent to again, likewise. A name (fingerprint)
  /// that none can be is std::invalid_argument.
  std::uint64_t enable_endpoints(std::span<const std::string> names);

  // Dead letters.

  dead_page list_dead(const dead_query& query);
  /// With its document; nothing when there is none (any more).
  std::optional<dead_record> show_dead(std::string_view entry);
  /// How many of these were there.
  std::uint64_t purge_dead(std::span<const std::string> entries);
  redrive_result redrive_dead(std::string_view entry, const redrive_options& options = {});

 private:
  redis::reply run(operators::script which, std::vector<std::string> keys,
                   std::vector<std::string> arguments);
  redis::reply ask(std::vector<std::string> command);
  std::uint64_t forget(std::span<const std::string> names);
  bool set_lane(lane which, std::string_view kind);
  job_change run(const operators::job_call& order);
  redrive_result send_as_new(const dead_record& letter, const redrive_options& options);

  redis_client& client_;
  redis::keyspace keys_;
  std::string paused_key_;
  std::array<std::string, operators::script_count> digests_;
};

/// PROVIDER:APP, or host:ORIGIN: a typo must not make a record nobody reads.
bool breaker_scope_usable(std::string_view scope) noexcept;

}  // namespace dispatch
