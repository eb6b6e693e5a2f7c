#include "apps/dispatchctl/operate.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "apps/dispatchctl/progress_bar.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;

/// A name that cannot be one is the caller's mistake.
template <class Action>
auto attempt(Action action) {
  try {
    return action();
  } catch (const std::invalid_argument& error) {
    throw usage_error(error.what());
  }
}

void print(const json::object& answer, const std::string& sentence, bool as_json) {
  std::puts(as_json ? json::serialize(answer).c_str() : sentence.c_str());
}

job_change change(operator_actions& actions, const job_change_options& options) {
  switch (options.verb) {
    case job_verb::pause:
      return actions.pause(options.tenant, options.id);
    case job_verb::resume:
      return actions.resume(options.tenant, options.id);
    default:
      return actions.cancel(options.tenant, options.id);
  }
}

std::string sentence_of(const job_change& result, const job_change_options& options) {
  if (options.verb == job_verb::cancel && result.changed && !result.known())
    return fmt::format("{} is cancelled should it be read within 24 h (no such job is known yet)",
                       options.id);
  auto out = fmt::format("{} {} {}", options.id, result.changed ? "is" : "was already", result.now);
  if (result.moved > 0) out += fmt::format(", {} parked parts of it go on", grouped(result.moved));
  return out;
}

}  // namespace

int run_job_change(session& redis, const job_change_options& options) {
  operator_actions actions{redis.client(), redis.name_space()};
  const auto result = attempt([&] { return change(actions, options); });
  const bool missing = !result.known() && !result.changed;
  json::object answer{{"id", options.id},           {"tenant", options.tenant}, {"changed", result.changed},
                      {"known", result.known()},    {"state", result.now},      {"before", result.before},
                      {"parts_moved", result.moved}};
  if (missing || (result.was_final() && !result.changed)) {
    if (options.json) std::puts(json::serialize(answer).c_str());
    throw command_failed(
        missing ? fmt::format("tenant {} has no job {} that is known", options.tenant, options.id)
                : fmt::format("{} is over: {}", options.id, result.before));
  }
  print(answer, sentence_of(result, options), options.json);
  return 0;
}

int run_lane_change(session& redis, const lane_change_options& options) {
  const auto which = parse_lane(options.lane);
  if (!which) throw usage_error("'" + options.lane + "' is not one of high, normal, bulk");
  operator_actions actions{redis.client(), redis.name_space()};
  const auto changed = options.pause ? actions.pause_lane(*which) : actions.resume_lane(*which);
  print({{"lane", options.lane}, {"paused", options.pause}, {"changed", changed}},
        fmt::format("lane {} {} {}", options.lane, changed ? "is" : "was already",
                    options.pause ? "paused" : "read from"),
        options.json);
  return 0;
}

int run_breaker_change(session& redis, const breaker_change_options& options) {
  operator_actions actions{redis.client(), redis.name_space()};
  const auto result =
      attempt([&] { return actions.force_breaker(options.scope, options.order, options.reason); });
  const bool no_force = !result.changed && options.order == breaker_order::automatic;
  print({{"scope", options.scope},
         {"state", result.now},
         {"before", result.before},
         {"changed", result.changed}},
        fmt::format("breaker {} {} {}{}", options.scope, result.changed ? "is" : "was already", result.now,
                    no_force ? ", not forced" : ""),
        options.json);
  return 0;
}

}  // namespace dispatch::ctl
