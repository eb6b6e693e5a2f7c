#pragma once

// `dispatchctl job cancel|pause|resume`, `lane pause|resume`, `breaker open|close|auto`: records in Redis
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

}  // namespace dispatch::ctl
