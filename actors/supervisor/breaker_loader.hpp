#pragma once

// Asks Redis for breakers' records: of every scope once before its work starts, and of those that are not
// closed now and then, because probes and operators' words depend on the record being there. Belongs to the
// supervisor, to which the answers go.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "actors/by_scope.hpp"
#include "actors/parts.hpp"
#include "actors/supervisor/breaker_board.hpp"

namespace dispatch {

class breaker_loader {
 public:
  /// So many records are looked at in a second: thousands of hosts may be away at once.
  static constexpr std::size_t records_a_second = 64;

  explicit breaker_loader(std::shared_ptr<const engine_parts> parts);

  void load(scope_number scope);
  /// What brings an answer about the scope to the supervisor.
  std::function<void(store_result<breaker_record>)> told(scope_number scope) const;
  /// What was asked for is of the scope that has the number now.
  bool is_of(scope_number scope, std::uint32_t generation) const;

  bool is_loaded(scope_number scope) const { return loaded_[scope]; }
  bool all_loaded() const;
  void load_missing();
  /// Once a second: the next records of breakers that are not closed.
  void look_at_records(const breaker_board& board);

  /// The record is known. True for the first time.
  bool known(scope_number scope);
  /// Redis refuses to say: the key holds something else. Logged once; the scope works without a record until
  /// that is mended. True for the first answer of the scope.
  bool unreadable(const breaker_loaded& answer);

 private:
  std::shared_ptr<const engine_parts> parts_;
  by_scope<bool> loaded_, unreadable_;
  std::size_t turn_ = 0;
};

}  // namespace dispatch
