#include "apps/dispatchctl/jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <numeric>

#include "apps/dispatchctl/interrupt.hpp"
#include "apps/dispatchctl/progress_bar.hpp"
#include "apps/dispatchctl/terminal.hpp"
#include "apps/standard_streams.hpp"
#include "core/policy/rfc3339.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;
using steady = std::chrono::steady_clock;

constexpr auto poll_every = std::chrono::milliseconds{200};
// Past this many hashes a listing is a report, not a look: say so instead of reading all of a million.
constexpr std::size_t most_jobs_read = 100'000;

std::uint64_t counter(const redis::reply& hash, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, hash.field(name).as_integer()));
}

job_view view_of(const redis::reply& hash, std::string tenant, std::string id) {
  job_view out;
  out.tenant = std::move(tenant);
  out.id = std::move(id);
  out.state = hash.field("state").as_text();
  out.lane = hash.field("lane").as_text();
  out.total = counter(hash, "total");
  for (auto which : all_outcomes) out.outcomes[index_of(which)] = counter(hash, to_string(which));
  out.created_at = hash.field("created_at").as_integer();
  out.started_at = hash.field("started_at").as_integer();
  out.finished_at = hash.field("finished_at").as_integer();
  return out;
}

std::string time_text(std::int64_t ms) {
  return ms > 0 ? format_rfc3339(std::chrono::milliseconds{ms}) : std::string{"-"};
}

json::object as_json(const job_view& job) {
  json::object outcomes;
  for (auto which : all_outcomes) outcomes[to_string(which)] = job.outcomes[index_of(which)];
  json::object out{{"id", job.id},       {"tenant", job.tenant}, {"lane", job.lane},
                   {"state", job.state}, {"total", job.total},   {"outcomes", std::move(outcomes)}};
  for (auto [name, ms] : {std::pair{"created_at", job.created_at}, std::pair{"started_at", job.started_at},
                          std::pair{"finished_at", job.finished_at}}) {
    if (ms > 0) {
      out[name] = ms;
    } else {
      out[name] = nullptr;
    }
  }
  return out;
}

tint tint_of(std::string_view state) {
  if (state == "done") return tint::good;
  if (state == "dead" || state == "cancelled") return tint::bad;
  return state == "paused" ? tint::warning : tint::plain;
}

void print_job(const job_view& job) {
  auto out = terminal::of(stdout);
  print_text(fmt::format("job       {} (tenant {}, lane {})\n", job.id, job.tenant, job.lane));
  print_painted(fmt::format("state     {}\n", out.paint(job.state, tint_of(job.state))));
  print_text(fmt::format("progress  {} of {}\n", grouped(job.ended()), grouped(job.total)));
  for (auto which : all_outcomes) {
    auto count = job.outcomes[index_of(which)];
    if (count > 0) print_text(fmt::format("  {:<14}{:>12}\n", to_string(which), grouped(count)));
  }
  print_text(fmt::format("created   {}\nstarted   {}\nfinished  {}\n", time_text(job.created_at),
                         time_text(job.started_at), time_text(job.finished_at)));
}

command_failed no_such_job(const job_options& options) {
  return command_failed(
      fmt::format("tenant {} has no job {} (a job of one recipient without an id has no record; "
                  "records are kept for 24 h after a job's end)",
                  options.tenant, options.id));
}

void print_result(const job_view& job, bool as_json_text) {
  if (as_json_text) {
    print_json(json::serialize(as_json(job)));
  } else {
    print_job(job);
  }
}

std::vector<job_view> read_jobs(session& redis, const job_list_options& options) {
  auto prefix = options.tenant.empty() ? std::string{"job:"} : "job:" + options.tenant + ":";
  auto names = redis.scan(prefix, most_jobs_read);
  if (names.size() == most_jobs_read) {
    complain("dispatchctl", "more than " + grouped(most_jobs_read) + " jobs; listing a part of them");
  }
  std::vector<job_view> out;
  for (std::size_t at = 0; at < names.size();) {
    std::vector<std::vector<std::string>> asks;
    auto first = at;
    for (; at < names.size() && asks.size() < 256; ++at)
      asks.push_back({"HGETALL", redis.key(prefix + names[at])});
    auto answers = redis.ask_all(std::move(asks));
    for (std::size_t i = 0; i < answers.size(); ++i) {
      // A tenant holds no colon, an id may.
      auto full = options.tenant.empty() ? names[first + i] : options.tenant + ":" + names[first + i];
      auto colon = full.find(':');
      if (colon == std::string::npos || answers[i].size() == 0) continue;
      auto job = view_of(answers[i], full.substr(0, colon), full.substr(colon + 1));
      if (options.state.empty() || job.state == options.state) out.push_back(std::move(job));
    }
  }
  return out;
}

}  // namespace

std::uint64_t job_view::ended() const noexcept {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

bool job_view::final() const noexcept {
  return state == "done" || state == "cancelled" || state == "dead";
}

std::optional<job_view> read_job(session& redis, const std::string& tenant, const std::string& id) {
  auto hash = redis.ask({"HGETALL", redis.job_key(tenant, id)});
  if (hash.size() == 0) return std::nullopt;
  return view_of(hash, tenant, id);
}

int run_job_status(session& redis, const job_options& options) {
  auto job = read_job(redis, options.tenant, options.id);
  if (!job) throw no_such_job(options);
  print_result(*job, options.json);
  return 0;
}

int run_job_watch(session& redis, const job_options& options) {
  interrupt stop;
  auto start = steady::now();
  progress_bar bar{options.id, 0, start};
  progress_display display;
  std::optional<job_view> job;
  bool interrupted = false;
  while (!interrupted) {
    job = read_job(redis, options.tenant, options.id);
    auto now = steady::now();
    if (job) {
      bar.set_total(job->total);
      bar.update(job->ended(), now);
      if (job->final()) break;
      display.show(bar, now);
    }
    if (options.timeout.count() > 0 && now - start >= options.timeout) break;
    interrupted = stop.wait_until(now + poll_every);
  }
  if (!job && !interrupted) throw no_such_job(options);
  if (job) {
    display.finish(bar, steady::now());
    print_result(*job, options.json);
  }
  if (interrupted) throw command_failed("interrupted");
  if (!job->final()) throw command_failed("the job has not ended in the time given");
  return job->state == "done" ? 0 : 1;
}

int run_job_list(session& redis, const job_list_options& options) {
  auto jobs = read_jobs(redis, options);
  std::sort(jobs.begin(), jobs.end(),
            [](const job_view& a, const job_view& b) { return a.created_at > b.created_at; });
  if (jobs.size() > options.limit) jobs.resize(options.limit);
  if (options.json) {
    json::array out;
    for (const auto& job : jobs) out.push_back(as_json(job));
    print_json(json::serialize(out));
    return 0;
  }
  table rows{{"id", "tenant", "lane", "state", "ended", "total", "created"}};
  for (const auto& job : jobs) {
    rows.add({job.id, job.tenant, job.lane, job.state, grouped(job.ended()), grouped(job.total),
              time_text(job.created_at)});
  }
  if (rows.empty()) {
    print_text("no jobs\n");
  } else {
    print_painted(rows.text(terminal::of(stdout)));
  }
  return 0;
}

}  // namespace dispatch::ctl
