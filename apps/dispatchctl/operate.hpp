#pragma once

// `dispatchctl job cancel|pause|resume`, `lane pause|resume`, `breaker open|close|auto`,
// `hygiene accept|discard|forget`: records in Redis
// that every engine process obeys within a second, whether or not one runs now.

#include <string>

#include "apps/dispatchctl/session.hpp"
#include "storage/operator/operator_actions.hpp"

namespace dispatch::ctl {

enum class job_verb { cancel, pause, resume };
struct job_change_options {
  job_verb verb = job_verb::cancel;
  std::string tenant = "default";
  std::string id;
  bool json = false;
};
/// 0 also when the job was in that state already; 1 when it is over, or (pause, resume) unknown.
int run_job_change(session& redis, const job_change_options& options);

struct lane_change_options {
  std::string lane;
  bool pause = true;
  bool json = false;
};
int run_lane_change(session& redis, const lane_change_options& options);

struct breaker_change_options {
  std::string scope;
  breaker_order order = breaker_order::open;
  std::string reason = "operator";
  bool json = false;
};
int run_breaker_change(session& redis, const breaker_change_options& options);

struct decision_options {
  std::string scope;
  token_decision what = token_decision::accept;
  bool json = false;
};
/// On tokens withheld because the scope called too many dead. 0 also when there are none.
int run_decision(session& redis, const decision_options& options);

struct forget_options {
  std::string scope;
  std::string file = "-";  ///< a token a line; not arguments, which every user of the machine can read
  bool json = false;
};
/// These tokens may be sent to again.
int run_forget(session& redis, const forget_options& options);

}  // namespace dispatch::ctl
