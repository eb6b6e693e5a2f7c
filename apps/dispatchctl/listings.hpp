#pragma once

// Read-only looks at lanes, breakers, withheld tokens and dead letters.

#include <cstddef>
#include <string>

#include "apps/dispatchctl/session.hpp"

namespace dispatch::ctl {

/// Length, unacknowledged entries and age of the oldest entry of each lane.
int run_lane_list(session& redis, bool json);
int run_breaker_list(session& redis, bool json);
/// Scopes that are held because they call too many tokens dead, or of which such tokens wait for a decision.
/// Never shows a token.
int run_hygiene_list(session& redis, bool json);

struct dead_list_options {
  std::size_t limit = 50;
  std::string tenant, reason;  ///< empty = all
  bool json = false;
};
/// The latest first. Never shows a document: it holds tokens.
int run_dead_list(session& redis, const dead_list_options& options);

struct dead_show_options {
  std::string entry;  ///< as dead ls shows it
  bool raw = false;   ///< the document alone, as it is, for `dispatchctl send --file -`
  bool json = false;
};
/// Without `raw` every token, address, URL and key in the document is replaced by its hash.
int run_dead_show(session& redis, const dead_show_options& options);

}  // namespace dispatch::ctl
