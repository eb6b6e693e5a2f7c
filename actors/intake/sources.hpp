#pragma once

// The streams the intake reads (lanes, what became due, each scope's waiting lists) and what it knows of
// them. Plain data; belongs to the intake.
//
// Lanes and the lists of apps are few: they are looked at whenever there is room, and waited for. The lists
// of origins may be thousands, most of them empty: one is looked at while something is known to wait there
// and its scope can take it.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/by_scope.hpp"
#include "actors/scope_table.hpp"
#include "storage/records.hpp"

namespace dispatch {

struct source_state {
  source_ptr from;
  std::optional<scope_number> scope;  ///< a waiting list's
  bool drained = false;               ///< nothing more when last read; a wake-up resets it
  bool waiting = false;               ///< a waiting list that is not empty: newcomers go behind it
};

class source_table {
 public:
  explicit source_table(const scope_table& scopes);

  /// Takes in the lists of apps that were added. Answers whether there were any.
  bool follow();

  /// All but origins' lists, those of a lane in the order they are read: the lists first, because a lane that
  /// is being parked could use up every read, while the lists are only read as far as their scopes can start
  /// them. The results lane has none of apps: what it sends goes to origins. follow() moves them.
  const std::vector<source_state*>& fixed(lane in) const noexcept { return fixed_[index_of(in)]; }

  /// How many lists of origins may be worth reading; and the next of them (there is one), in turns.
  std::size_t awake(lane in) const noexcept { return awake_[index_of(in)].size(); }
  source_state& next_awake(lane in);
  /// Its scope can take nothing now: not before it says that it can.
  void rest(const source_state& list) { awake_[index_of(list.from->lane)].erase(*list.scope); }

  source_state& waiting_list(scope_number scope, lane in) { return lists_[scope][index_of(in)]; }
  source_state& ready(lane in) { return ready_[index_of(in)]; }
  /// Where a read was from; nullptr: none of these.
  source_state* find(const source& which);

  /// Something was put into the list, or is known to be there.
  void filled(scope_number scope, lane in);
  /// It was read, and held no more or did.
  void was_read(source_state& state, bool drained);
  /// A wake-up: any lane or list of an app may have something new.
  void wake_all();
  /// Its scope may start work again.
  void wake_scope(scope_number scope);
  /// The scope of an origin goes: its lists are looked at no more.
  void forget(scope_number scope);
  /// One of the scope's lists is not empty.
  bool waits(scope_number scope) const;
  /// Its scope can take more than before: of an origin, whose list is read no further than that.
  void room_in(scope_number scope);

 private:
  bool of_origin(scope_number scope) const { return !scopes_[scope].origin.empty(); }

  const scope_table& scopes_;
  std::size_t seen_ = 0;  ///< scopes follow() has looked at
  by_scope<std::array<source_state, lane_count>> lists_;
  std::array<source_state, lane_count> ready_, lanes_;
  std::array<std::vector<source_state*>, lane_count> fixed_;
  std::array<std::set<scope_number>, lane_count> awake_;  ///< of origins
  std::array<scope_number, lane_count> turn_{};           ///< whose list was taken last
};

}  // namespace dispatch
