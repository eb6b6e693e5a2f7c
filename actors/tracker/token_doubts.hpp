#pragma once

// Whether a provider that calls tokens dead is believed: a guard a scope, and what an operator or another
// process said of it. Plain data; belongs to the tracker.

#include <chrono>
#include <cstdint>

#include "actors/by_scope.hpp"
#include "actors/messages.hpp"
#include "actors/settings.hpp"
#include "core/policy/mass_invalid_guard.hpp"

namespace dispatch {

class token_doubts {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit token_doubts(const hygiene_settings& settings,
                        by_scope<std::uint32_t>::generation_of generation = {});

  /// `sends` answered with a word on their token, `dead` of them with "dead". False: these are not believed.
  bool believes(scope_number scope, std::uint64_t sends, std::uint64_t dead, time_point now);
  /// True once after the scope's guard has tripped here: the supervisor is to hold the scope.
  bool to_be_reported(scope_number scope);
  mass_invalid_guard::counts recent(scope_number scope, time_point now) const;

  void take(const scope_doubt& news, time_point quiet_until);
  /// The scope's tokens are not believed now.
  bool doubts(scope_number scope) const { return scopes_[scope].guard.tripped(); }

 private:
  struct doubt {
    mass_invalid_guard guard;
    bool reported = false;
  };
  by_scope<doubt> scopes_;
};

/// Until when a token called dead now is not sent to; 0 = not at all. APNs says since when it has known: the
/// time counts from there, so that a token that was dead and is registered again is shut out for less time.
epoch_ms suppressed_until(epoch_ms now, epoch_ms dead_since, std::chrono::milliseconds ttl);

}  // namespace dispatch
