#include "apps/dispatchctl/operate.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "apps/dispatchctl/progress_bar.hpp"
#include "apps/standard_streams.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;

/// Of the tokens to forget, in memory.
constexpr std::size_t forgotten_at_once = 10'000;

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
  if (as_json)
    print_json(json::serialize(answer));
  else
    print_text(sentence + '\n');
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
    if (options.json) print_json(json::serialize(answer));
    throw command_failed(
        missing ? fmt::format("tenant {} has no job {} that is known", options.tenant, options.id)
                : fmt::format("{} is over: {}", options.id, result.before));
  }
  print(answer, sentence_of(result, options), options.json);
  return 0;
}

int run_lane_change(session& redis, const lane_change_options& options) {
  const auto which = parse_lane(options.lane);
  if (!which) throw usage_error("'" + options.lane + "' is not one of high, normal, bulk, results");
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

int run_decision(session& redis, const decision_options& options) {
  operator_actions actions{redis.client(), redis.name_space()};
  const auto result = attempt([&] { return actions.decide(options.scope, options.what); });
  const bool accept = options.what == token_decision::accept;
  print({{"scope", options.scope},
         {"decision", accept ? "accept" : "discard"},
         {"tokens", result.tokens},
         {"released", result.released}},
        fmt::format("{}: {} tokens {}{}", options.scope, grouped(result.tokens),
                    accept ? "accepted as dead" : "discarded",
                    result.released ? ", sending goes on" : ", it was not held"),
        options.json);
  return 0;
}

int run_forget(session& redis, const forget_options& options) {
  operator_actions actions{redis.client(), redis.name_space()};
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file);
    if (!file) throw usage_error("cannot read " + options.file);
  }
  std::istream& in = options.file == "-" ? std::cin : file;
  std::uint64_t read = 0, forgotten = 0;
  std::vector<std::string> some;
  const auto flush = [&] {
    forgotten += attempt([&] { return actions.forget_tokens(options.scope, some); });
    read += some.size();
    some.clear();
  };
  for (std::string token; std::getline(in, token);) {
    if (!token.empty() && token.back() == '\r') token.pop_back();
    if (!token.empty()) some.push_back(std::move(token));
    if (some.size() == forgotten_at_once) flush();
  }
  flush();
  print({{"scope", options.scope}, {"tokens", read}, {"forgotten", forgotten}},
        fmt::format("{}: {} of {} tokens were suppressed, and are not any more", options.scope,
                    grouped(forgotten), grouped(read)),
        options.json);
  return 0;
}

}  // namespace dispatch::ctl
