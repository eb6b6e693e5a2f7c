#pragma once

// `dispatchctl dead redrive|purge`: dead letters by entry, by filter, or all of them. Looking at them is in
// listings.hpp.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "apps/dispatchctl/session.hpp"

namespace dispatch::ctl {

struct dead_choice {
  std::vector<std::string> entries;  ///< as dead ls shows them
  std::string tenant, reason;
  bool all = false;
};
/// Empty when the choice is one: entries, or a filter, or all. Else what is wrong with it.
std::string wrong_with(const dead_choice& choice);

struct redrive_command {
  dead_choice which;
  double rate = 1'000;  ///< recipients a second; 0 = as fast as Redis takes them
  bool as_new = false;
  std::string lane;  ///< of what is sent as new; empty = as before
  bool quiet = false;
  bool json = false;
};
/// Letter by letter, each in one step of Redis: it may be interrupted and repeated at any time. 1 when some
/// were refused; they stay.
int run_redrive(session& redis, const redrive_command& command);

struct purge_command {
  dead_choice which;
  bool yes = false;  ///< more than one may go
  bool json = false;
};
int run_purge(session& redis, const purge_command& command);

/// When the next letter may go, at `rate` recipients a second. A pause is not caught up on.
class redrive_pace {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit redrive_pace(double rate) : rate_(rate) {}
  time_point next() const noexcept { return next_; }
  void sent(std::uint64_t recipients, time_point now);

 private:
  double rate_;
  time_point next_ = time_point::min();
};

}  // namespace dispatch::ctl
