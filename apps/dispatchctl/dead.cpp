#include "apps/dispatchctl/dead.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <functional>

#include "apps/dispatchctl/interrupt.hpp"
#include "apps/dispatchctl/progress_bar.hpp"
#include "apps/dispatchctl/terminal.hpp"
#include "apps/standard_streams.hpp"
#include "storage/operator/operator_actions.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;
using steady = std::chrono::steady_clock;

constexpr std::size_t page_size = 100;
// A listing of what was refused is for people; the letters stay, and dead ls shows all.
constexpr std::size_t most_refusals_shown = 20;

void check(const dead_choice& choice) {
  if (auto wrong = wrong_with(choice); !wrong.empty()) throw usage_error(wrong);
}

/// Letters that die again while this one runs are not for this run: without an end it would chase its own
/// tail.
struct snapshot {
  std::string newest;
  std::uint64_t letters = 0, recipients = 0;
};

/// Calls for each letter of the choice, the oldest first, until false.
void for_each(operator_actions& actions, const dead_choice& choice, const std::string& newest,
              const std::function<bool(const std::string& entry, std::uint64_t recipients)>& visit) {
  if (!choice.entries.empty()) {
    for (const auto& entry : choice.entries) {
      if (!visit(entry, 1)) return;
    }
    return;
  }
  dead_query query{
      .tenant = choice.tenant, .reason = choice.reason, .limit = page_size, .oldest_first = true};
  query.until = newest;
  do {
    const auto page = actions.list_dead(query);
    for (const auto& letter : page.letters) {
      if (!visit(letter.entry, std::max<std::uint64_t>(letter.recipients(), 1))) return;
    }
    query.after = page.next;
  } while (!query.after.empty());
}

snapshot look(operator_actions& actions, session& redis, const dead_choice& choice) {
  snapshot out;
  if (choice.entries.empty()) {
    const auto latest = redis.ask({"XREVRANGE", redis.key("dead"), "+", "-", "COUNT", "1"});
    if (latest.size() == 0) return out;
    out.newest = latest.at(0).at(0).text;
  }
  for_each(actions, choice, out.newest, [&](const auto&, std::uint64_t recipients) {
    ++out.letters;
    out.recipients += recipients;
    return true;
  });
  return out;
}

struct redrive_tally {
  std::uint64_t moved = 0, as_new = 0, gone = 0, refused = 0, recipients = 0, done = 0;
  std::vector<std::pair<std::string, std::string>> refusals;  ///< entry and why, the first of them
  std::string failure;
  bool interrupted = false;
};

class redriver {
 public:
  redriver(operator_actions& actions, const redrive_command& command)
      : actions_(actions), command_(command), pace_(command.rate) {
    options_.as_new = command.as_new;
    if (!command.lane.empty()) options_.lane = parse_job_lane(command.lane);
  }

  redrive_tally run(const snapshot& what) {
    if (what.letters == 0) return tally_;
    interrupt stop;
    progress_bar bar{"redrive", what.recipients, steady::now()};
    progress_display display{command_.quiet || command_.json};
    try {
      for_each(actions_, command_.which, what.newest, [&](const std::string& entry, std::uint64_t expected) {
        tally_.interrupted = stop.wait_until(pace_.next());
        if (tally_.interrupted) return false;
        take(entry, expected);
        const auto now = steady::now();
        bar.update(tally_.done, now);
        display.show(bar, now);
        return true;
      });
    } catch (const std::exception& error) {
      // What was asked last may or may not have been done; done or not, a second run takes up the rest.
      tally_.failure = error.what();
    }
    display.finish(bar, steady::now());
    return tally_;
  }

 private:
  void take(const std::string& entry, std::uint64_t expected) {
    const auto answer = actions_.redrive_dead(entry, options_);
    tally_.done += expected;
    tally_.recipients += answer.recipients;
    pace_.sent(answer.recipients, steady::now());
    switch (answer.what) {
      case redrive_result::kind::moved:
        ++tally_.moved;
        break;
      case redrive_result::kind::as_new:
        ++tally_.as_new;
        break;
      case redrive_result::kind::gone:
        ++tally_.gone;
        break;
      default:
        if (tally_.refused++ < most_refusals_shown) tally_.refusals.emplace_back(entry, answer.detail);
    }
  }

  operator_actions& actions_;
  const redrive_command& command_;
  redrive_options options_;
  redrive_pace pace_;
  redrive_tally tally_;
};

void print_tally(const redrive_tally& tally, bool as_json) {
  if (as_json) {
    json::array refusals;
    for (const auto& [entry, why] : tally.refusals)
      refusals.push_back(json::object{{"entry", entry}, {"why", why}});
    json::object out{{"moved", tally.moved},
                     {"as_new", tally.as_new},
                     {"gone", tally.gone},
                     {"refused", tally.refused},
                     {"recipients", tally.recipients},
                     {"refusals", std::move(refusals)},
                     {"complete", !tally.interrupted && tally.failure.empty()}};
    if (!tally.failure.empty()) out["error"] = tally.failure;
    print_json(json::serialize(out));
    return;
  }
  print_text(fmt::format("{} letters with {} recipients go again", grouped(tally.moved + tally.as_new),
                         grouped(tally.recipients)));
  if (tally.as_new > 0) print_text(fmt::format(", {} of them as new jobs", grouped(tally.as_new)));
  if (tally.gone > 0) print_text(fmt::format("; {} were not there (any more)", grouped(tally.gone)));
  print_text("\n");
  table rows{{"refused", "why"}};
  for (const auto& [entry, why] : tally.refusals) rows.add({entry, why});
  if (!rows.empty()) print_painted(rows.text(terminal::of(stdout)));
}

}  // namespace

std::string wrong_with(const dead_choice& choice) {
  const bool filtered = !choice.tenant.empty() || !choice.reason.empty();
  const int ways = (choice.entries.empty() ? 0 : 1) + (filtered ? 1 : 0) + (choice.all ? 1 : 0);
  if (ways == 0) return "which ones? Entries, --tenant and --reason, or --all";
  if (ways > 1) return "either entries, or --tenant and --reason, or --all";
  for (const auto& entry : choice.entries) {
    if (!is_entry_id(entry)) return "'" + entry + "' is no entry as dead ls shows it";
  }
  return {};
}

void redrive_pace::sent(std::uint64_t recipients, time_point now) {
  if (rate_ <= 0 || recipients == 0) return;
  const std::chrono::duration<double> takes(static_cast<double>(recipients) / rate_);
  next_ = std::max(next_, now) + std::chrono::duration_cast<steady::duration>(takes);
}

int run_redrive(session& redis, const redrive_command& command) {
  check(command.which);
  if (!(command.rate >= 0)) throw usage_error("--rate must not be negative");
  if (!command.lane.empty() && !command.as_new) throw usage_error("--lane goes with --as-new");
  operator_actions actions{redis.client(), redis.name_space()};
  const auto tally = redriver{actions, command}.run(look(actions, redis, command.which));
  print_tally(tally, command.json);
  if (!tally.failure.empty()) throw command_failed(tally.failure);
  if (tally.interrupted) throw command_failed("interrupted; the same command goes on where it stopped");
  if (tally.refused > 0) {
    throw command_failed(
        fmt::format("{} letters were refused and stay{}", grouped(tally.refused),
                    command.as_new ? "" : " (--as-new sends those that can be sent as new jobs)"));
  }
  return 0;
}

int run_purge(session& redis, const purge_command& command) {
  check(command.which);
  operator_actions actions{redis.client(), redis.name_space()};
  const auto what = look(actions, redis, command.which);
  if (what.letters > 1 && !command.yes) {
    throw usage_error(
        fmt::format("this deletes {} dead letters for good: --yes says so", grouped(what.letters)));
  }
  std::uint64_t purged = 0;
  std::vector<std::string> some;
  const auto flush = [&] {
    purged += actions.purge_dead(some);
    some.clear();
  };
  if (what.letters > 0) {
    for_each(actions, command.which, what.newest, [&](const std::string& entry, std::uint64_t) {
      some.push_back(entry);
      if (some.size() >= page_size) flush();
      return true;
    });
    flush();
  }
  if (command.json) {
    print_json(json::serialize(json::object{{"purged", purged}}));
  } else {
    print_text(fmt::format("{} dead letters deleted\n", grouped(purged)));
  }
  return !command.which.entries.empty() && purged < command.which.entries.size() ? 1 : 0;
}

}  // namespace dispatch::ctl
