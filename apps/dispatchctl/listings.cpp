#include "apps/dispatchctl/listings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cstdio>

#include "apps/dispatchctl/progress_bar.hpp"
#include "apps/dispatchctl/redaction.hpp"
#include "apps/dispatchctl/terminal.hpp"
#include "apps/standard_streams.hpp"
#include "core/job/job_parser.hpp"
#include "core/policy/mass_invalid_guard.hpp"
#include "core/policy/rfc3339.hpp"
#include "core/printable.hpp"
#include "storage/operator/operator_actions.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;

// A deployment has a handful, but a scope may be any host.
constexpr std::size_t most_scopes = 10'000;

struct lane_view {
  lane which{};
  std::int64_t depth = 0, pending = 0, oldest_ms = 0;
};

std::int64_t entry_ms(std::string_view id) {
  std::int64_t ms = 0;
  std::from_chars(id.data(), id.data() + id.size(), ms);
  return ms;
}

lane_view read_lane(session& redis, lane which, std::int64_t now_ms) {
  auto key = redis.lane_key(which);
  auto answers = redis.ask_all(
      {{"XLEN", key}, {"XPENDING", key, "dispatchers"}, {"XRANGE", key, "-", "+", "COUNT", "1"}});
  for (const auto& answer : answers) {
    // NOGROUP: no engine has looked at this namespace yet, so nothing is pending.
    if (answer.is_error() && !answer.text.starts_with("NOGROUP"))
      throw command_failed("Redis refused: " + answer.text);
  }
  lane_view out{
      .which = which, .depth = answers.at(0).as_integer(), .pending = answers.at(1).at(0).as_integer()};
  const auto& oldest = answers.at(2).at(0).at(0);
  if (oldest.is_string()) out.oldest_ms = std::max<std::int64_t>(0, now_ms - entry_ms(oldest.text));
  return out;
}

std::string time_text(std::int64_t ms) {
  return ms > 0 ? format_rfc3339(std::chrono::milliseconds{ms}) : std::string{"-"};
}

void print_rows(const table& rows, const char* when_empty) {
  if (rows.empty()) {
    print_text(std::string(when_empty) + '\n');
  } else {
    print_painted(rows.text(terminal::of(stdout)));
  }
}

struct doubted_scope {
  std::string name, state;
  bool held = false;
  std::int64_t withheld = 0, since_ms = 0;
};

std::vector<doubted_scope> doubted_scopes(session& redis) {
  auto names = redis.scan("breaker:", most_scopes);
  for (auto& name : redis.scan("withheld:", most_scopes)) names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<std::vector<std::string>> asks;
  for (const auto& name : names) {
    asks.push_back({"HMGET", redis.key("breaker:" + name), "state", "reason"});
    asks.push_back({"XLEN", redis.key("withheld:" + name)});
    asks.push_back({"XRANGE", redis.key("withheld:" + name), "-", "+", "COUNT", "1"});
  }
  const auto answers = redis.ask_all(std::move(asks));
  std::vector<doubted_scope> out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& breaker = answers[3 * i];
    doubted_scope scope{std::move(names[i]), std::string(breaker.at(0).as_text())};
    scope.held = scope.state == "forced_open" && breaker.at(1).as_text() == mass_invalid_reason;
    scope.withheld = answers[3 * i + 1].as_integer();
    scope.since_ms = entry_ms(answers[3 * i + 2].at(0).at(0).as_text());
    if (scope.held || scope.withheld > 0) out.push_back(std::move(scope));
  }
  return out;
}

json::object dead_summary(const std::string& entry, const redis::reply& fields) {
  json::object out{{"entry", entry}};
  for (auto name : {"tenant", "reason", "detail", "source_id"}) out[name] = fields.field(name).as_text();
  for (auto name : {"attempts", "at"}) out[name] = fields.field(name).as_integer();
  return out;
}

}  // namespace

int run_lane_list(session& redis, bool as_json) {
  auto now = redis.now_ms();
  const auto paused = operator_actions{redis.client(), redis.name_space()}.paused_lanes();
  json::array out;
  table rows{{"lane", "state", "depth", "pending", "oldest"}};
  for (auto which : all_lanes) {
    auto lane = read_lane(redis, which, now);
    out.push_back(json::object{{"lane", to_string(which)},
                               {"paused", paused[index_of(which)]},
                               {"depth", lane.depth},
                               {"pending", lane.pending},
                               {"oldest_age_ms", lane.oldest_ms}});
    rows.add({std::string{to_string(which)}, paused[index_of(which)] ? "paused" : "open",
              grouped(static_cast<std::uint64_t>(lane.depth)),
              grouped(static_cast<std::uint64_t>(lane.pending)),
              lane.depth > 0 ? fmt::format("{:.1f} s", static_cast<double>(lane.oldest_ms) / 1000)
                             : std::string{"-"}});
  }
  if (as_json) {
    print_json(json::serialize(out));
  } else {
    print_rows(rows, "");
  }
  return 0;
}

int run_breaker_list(session& redis, bool as_json) {
  auto scopes = redis.scan("breaker:", most_scopes);
  std::sort(scopes.begin(), scopes.end());
  std::vector<std::vector<std::string>> asks;
  asks.reserve(scopes.size());
  for (const auto& scope : scopes) asks.push_back({"HGETALL", redis.key("breaker:" + scope)});
  auto answers = redis.ask_all(std::move(asks));
  json::array out;
  table rows{{"scope", "state", "failures", "opened", "retry", "reason"}};
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& hash = answers[i];
    if (!hash.field("state").is_string()) continue;
    auto number = [&](std::string_view name) { return hash.field(name).as_integer(); };
    out.push_back(json::object{{"scope", scopes[i]},
                               {"state", hash.field("state").as_text()},
                               {"failures", number("failures")},
                               {"opened_at", number("opened_at")},
                               {"retry_at", number("retry_at")},
                               {"reason", hash.field("reason").as_text()}});
    rows.add({scopes[i], hash.field("state").text, std::to_string(number("failures")),
              time_text(number("opened_at")), time_text(number("retry_at")), hash.field("reason").text});
  }
  if (as_json) {
    print_json(json::serialize(out));
  } else {
    print_rows(rows, "no breaker has ever counted a failure");
  }
  return 0;
}

int run_hygiene_list(session& redis, bool as_json) {
  json::array out;
  table rows{{"scope", "breaker", "held", "withheld", "since"}};
  for (const auto& scope : doubted_scopes(redis)) {
    out.push_back(json::object{{"scope", scope.name},
                               {"breaker", scope.state},
                               {"held", scope.held},
                               {"withheld", scope.withheld},
                               {"since", scope.since_ms}});
    rows.add({scope.name, scope.state, scope.held ? "yes" : "no",
              grouped(static_cast<std::uint64_t>(scope.withheld)), time_text(scope.since_ms)});
  }
  if (as_json) {
    print_json(json::serialize(out));
  } else {
    print_rows(rows, "no scope is held and no token waits for a decision");
  }
  return 0;
}

int run_dead_list(session& redis, const dead_list_options& options) {
  json::array out;
  table rows{{"entry", "at", "tenant", "reason", "attempts", "source", "detail"}};
  std::string before = "+";
  // In pages: an entry may be megabytes, and filters may skip most.
  while (out.size() < options.limit) {
    auto page = redis.ask({"XREVRANGE", redis.key("dead"), before, "-", "COUNT", "20"});
    if (page.size() == 0) break;
    for (const auto& item : page.elements) {
      auto summary = dead_summary(item.at(0).text, item.at(1));
      auto text = [&](const char* name) { return std::string{summary[name].as_string()}; };
      before = "(" + item.at(0).text;
      if (!options.tenant.empty() && text("tenant") != options.tenant) continue;
      if (!options.reason.empty() && text("reason") != options.reason) continue;
      if (out.size() == options.limit) break;
      rows.add({text("entry"), time_text(summary["at"].as_int64()), text("tenant"), text("reason"),
                std::to_string(summary["attempts"].as_int64()), text("source_id"), text("detail")});
      out.push_back(std::move(summary));
    }
  }
  if (options.json) {
    print_json(json::serialize(out));
  } else {
    print_rows(rows, "no dead letters");
  }
  return 0;
}

int run_dead_show(session& redis, const dead_show_options& options) {
  if (!is_entry_id(options.entry))
    throw usage_error("'" + options.entry + "' is no entry as dead ls shows it");
  auto found = redis.ask({"XRANGE", redis.key("dead"), options.entry, options.entry});
  if (found.size() == 0) throw command_failed("no dead letter " + options.entry);
  const auto& fields = found.at(0).at(1);
  auto document = fields.field("job").text;
  if (const auto ref = std::string{fields.field("content").as_text()}; !ref.empty()) {
    const auto content = redis.ask({"HGET", redis.key("content:" + ref), "document"});
    document = whole_document(content.as_text(), document).value_or(document);
  }
  if (options.raw) {
    // To a program as it is; on a terminal the same JSON, escaped.
    if (terminal::of(stdout).tty)
      print_json(document);
    else
      print_painted(document + '\n');
    return 0;
  }
  auto summary = dead_summary(options.entry, fields);
  auto redacted = redacted_document(document);
  if (options.json) {
    if (redacted) {
      summary["job"] = *redacted;
    } else {
      summary["job"] = nullptr;
    }
    print_json(json::serialize(summary));
    return 0;
  }
  auto out = terminal::of(stdout);
  for (const auto& [name, value] : summary) {
    auto shown = name == "at" ? time_text(value.as_int64())
                              : (value.is_string() ? std::string{value.as_string()} : json::serialize(value));
    print_painted(fmt::format(
        "{} {}\n", out.paint(fmt::format("{:<10}", std::string_view{name}), tint::faint), printable(shown)));
  }
  auto body = redacted
                  ? json::serialize(*redacted)
                  : fmt::format("{} bytes that are no JSON (--raw shows them)", grouped(document.size()));
  print_painted(fmt::format("{} {}\n", out.paint("job       ", tint::faint), printable_json(body)));
  return 0;
}

}  // namespace dispatch::ctl
