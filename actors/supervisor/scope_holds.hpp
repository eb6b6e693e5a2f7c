#pragma once

// Scopes held because their provider calls too many tokens dead. The breaker's record in Redis is how every
// process knows, now and after a restart; here is what this one has still to get into it, and what it has
// told its tracker. Belongs to the supervisor.

#include <memory>

#include "actors/by_scope.hpp"
#include "actors/control/control_action.hpp"
#include "actors/parts.hpp"

namespace dispatch {

class scope_holds {
 public:
  explicit scope_holds(std::shared_ptr<const engine_parts> parts);

  /// Decided here: to be insisted on until Redis has it.
  void begin(scope_number scope) { wanted_[scope] = true; }
  /// `stored` is what Redis holds. True: another change of the breaker got there first, hold it again.
  bool lost(scope_number scope, const breaker_record& stored);
  /// How the scope's breaker stands now; a change goes to the tracker and to the metrics.
  void tell(scope_number scope, bool held);
  void decided(const decision_action& decision);

 private:
  std::shared_ptr<const engine_parts> parts_;
  by_scope<bool> wanted_;  ///< and not yet seen in Redis
  by_scope<bool> held_;    ///< as last told
};

}  // namespace dispatch
