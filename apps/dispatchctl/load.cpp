#include "apps/dispatchctl/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "apps/dispatchctl/interrupt.hpp"
#include "apps/dispatchctl/progress_bar.hpp"
#include "apps/dispatchctl/terminal.hpp"
#include "apps/standard_streams.hpp"
#include "core/digest.hpp"
#include "core/job/job_parser.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;
using steady = std::chrono::steady_clock;

// A pipeline's size: enough to hide the round trip, little enough that the bar moves and Redis stays fair to
// others.
constexpr std::uint64_t batch_jobs = 512;
constexpr std::size_t batch_bytes = 512u << 10;

struct load_tally {
  std::uint64_t jobs = 0;
  std::uint64_t recipients = 0;
  std::array<std::uint64_t, platform_count> by_platform{};
  std::array<std::uint64_t, 4> by_fate{};
  std::string first_entry, last_entry;
  std::string failure;
  bool interrupted = false;
};

class loader {
 public:
  loader(session& redis, const load_command& command)
      : redis_(redis), command_(command), plan_(command.plan) {
    if (command.record_file.empty()) return;
    record_.open(command.record_file);
    if (!record_) throw usage_error("cannot write " + command.record_file);
  }

  load_tally run();

 private:
  /// How many jobs may be stored by now.
  std::uint64_t due(steady::time_point now) const;
  steady::time_point due_at(std::uint64_t job) const;
  void store(std::uint64_t last);
  void account(std::uint64_t job, const std::string& entry, std::int64_t sent_us);

  session& redis_;
  const load_command& command_;
  load_plan plan_;
  std::ofstream record_;
  steady::time_point start_ = steady::now();
  load_tally tally_;
};

std::uint64_t loader::due(steady::time_point now) const {
  if (command_.rate <= 0) return command_.plan.jobs;
  auto elapsed = std::chrono::duration<double>(now - start_).count();
  return std::min(command_.plan.jobs, static_cast<std::uint64_t>(elapsed * command_.rate) + 1);
}

steady::time_point loader::due_at(std::uint64_t job) const {
  auto after = std::chrono::duration<double>(static_cast<double>(job) / command_.rate);
  return start_ + std::chrono::duration_cast<steady::duration>(after);
}

void loader::account(std::uint64_t job, const std::string& entry, std::int64_t sent_us) {
  if (tally_.first_entry.empty()) tally_.first_entry = entry;
  tally_.last_entry = entry;
  auto tenant = plan_.tenant(job);
  auto id = plan_.id(job);
  if (id.empty()) id = fmt::format("{}-{}", to_string(command_.lane), entry);
  for (std::uint32_t i = 0; i < command_.plan.recipients; ++i) {
    auto who = plan_.recipient(job, i);
    ++tally_.by_platform[index_of(who.platform)];
    ++tally_.by_fate[index_of(who.fate)];
    if (!record_.is_open()) continue;
    auto key = dedupe_key::of(tenant, id, i);
    record_ << fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", sent_us, tenant, id, i,
                           dispatch::to_string(who.platform), to_string(who.fate), key.text());
  }
  tally_.recipients += command_.plan.recipients;
}

void loader::store(std::uint64_t last) {
  auto key = redis_.lane_key(command_.lane);
  std::vector<std::vector<std::string>> batch;
  std::size_t bytes = 0;
  auto first = tally_.jobs;
  for (auto job = first; job < last && bytes < batch_bytes && batch.size() < batch_jobs; ++job) {
    batch.push_back({"XADD", key, "*", "job", plan_.document(job)});
    bytes += batch.back().back().size();
  }
  auto sent_us = std::chrono::duration_cast<std::chrono::microseconds>(
                     std::chrono::system_clock::now().time_since_epoch())
                     .count();
  for (const auto& answer : redis_.ask_all(std::move(batch))) {
    if (answer.is_error()) {
      tally_.failure = "Redis refused a job: " + answer.text;
      return;
    }
    account(tally_.jobs++, answer.text, sent_us);
  }
}

load_tally loader::run() {
  interrupt stop;
  progress_bar bar{"load", command_.plan.jobs, start_};
  progress_display display{command_.quiet};
  try {
    while (tally_.jobs < command_.plan.jobs && tally_.failure.empty()) {
      auto next = command_.rate > 0 ? due_at(tally_.jobs) : steady::time_point::min();
      if (stop.wait_until(next)) {
        tally_.interrupted = true;
        break;
      }
      store(due(steady::now()));
      bar.update(tally_.jobs, steady::now());
      display.show(bar, steady::now());
    }
  } catch (const redis_unavailable& error) {
    // What was on its way may or may not be stored; the tally counts what was confirmed.
    tally_.failure = error.what();
  }
  display.finish(bar, steady::now());
  record_.flush();
  if (record_.is_open() && !record_) tally_.failure = "cannot write " + command_.record_file;
  return tally_;
}

json::object as_json(const load_command& command, const load_tally& tally, double seconds) {
  json::object platforms, fates;
  for (auto which : all_platforms) {
    if (auto count = tally.by_platform[index_of(which)]) platforms[dispatch::to_string(which)] = count;
  }
  for (std::size_t i = 0; i < tally.by_fate.size(); ++i) {
    fates[to_string(static_cast<token_fate>(i))] = tally.by_fate[i];
  }
  json::object out{{"lane", dispatch::to_string(command.lane)},
                   {"jobs", tally.jobs},
                   {"recipients", tally.recipients},
                   {"elapsed_ms", static_cast<std::int64_t>(seconds * 1000)},
                   {"seed", command.plan.seed},
                   {"first_entry", tally.first_entry},
                   {"last_entry", tally.last_entry},
                   {"platforms", std::move(platforms)},
                   {"tokens", std::move(fates)},
                   {"complete", tally.jobs == command.plan.jobs}};
  if (!tally.failure.empty()) out["error"] = tally.failure;
  return out;
}

void print_summary(const load_command& command, const load_tally& tally, double seconds) {
  auto per_second = seconds > 0 ? static_cast<double>(tally.jobs) / seconds : 0;
  print_text(fmt::format("{} jobs with {} recipients on lane {} in {:.2f} s ({} jobs/s), seed {}\n",
                         grouped(tally.jobs), grouped(tally.recipients), dispatch::to_string(command.lane),
                         seconds, grouped(static_cast<std::uint64_t>(per_second)), command.plan.seed));
  std::string parts;
  for (auto which : all_platforms) {
    if (auto count = tally.by_platform[index_of(which)]) {
      parts += fmt::format("  {} {}", dispatch::to_string(which), grouped(count));
    }
  }
  for (std::size_t i = 1; i < tally.by_fate.size(); ++i) {
    if (tally.by_fate[i] > 0) {
      parts +=
          fmt::format("  {} tokens {}", to_string(static_cast<token_fate>(i)), grouped(tally.by_fate[i]));
    }
  }
  if (!parts.empty()) print_text(fmt::format("{}\n", parts.substr(2)));
}

void check(const load_command& command) {
  if (auto wrong = command.plan.validate(); !wrong.empty()) throw usage_error(wrong);
  if (command.rate < 0) throw usage_error("--rate must not be negative");
  auto parsed = job_parser{}.parse(load_plan{command.plan}.document(command.plan.jobs - 1));
  if (auto* error = std::get_if<job_error>(&parsed)) {
    throw usage_error(fmt::format("these options make no valid job: {}: {}", error->pointer, error->message));
  }
}

}  // namespace

int run_load(session& redis, const load_command& command) {
  check(command);
  auto start = steady::now();
  auto tally = loader{redis, command}.run();
  auto seconds = std::chrono::duration<double>(steady::now() - start).count();
  if (command.json) {
    print_json(json::serialize(as_json(command, tally, seconds)));
  } else {
    print_summary(command, tally, seconds);
  }
  if (!tally.failure.empty()) throw command_failed(tally.failure);
  if (tally.interrupted) throw command_failed("interrupted");
  return 0;
}

}  // namespace dispatch::ctl
