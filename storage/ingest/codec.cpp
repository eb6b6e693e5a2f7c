#include "storage/ingest/codec.hpp"

#include <algorithm>
#include <string_view>

namespace dispatch::ingest {
namespace {

// Numbers of submit.lua's and admit.lua's answers.
enum code : std::int64_t { stored, repeat, conflict, no_audience, limited, replayed };

constexpr std::size_t numbers_per_request = 6;

void add_windows(redis::command& to, const request_windows& windows) {
  to.add(windows.minute).add(windows.hour).add(windows.day);
}

admit_verdict verdict_of(std::int64_t number) noexcept {
  return number == limited    ? admit_verdict::limited
         : number == replayed ? admit_verdict::replayed
                              : admit_verdict::admitted;
}

admit_answer read_admission(const redis::reply& answer, std::size_t at) {
  admit_answer out;
  out.verdict = verdict_of(answer.at(at).as_integer());
  for (std::size_t window = 0; window < out.used.size(); ++window)
    out.used[window] = static_cast<std::uint32_t>(answer.at(at + 1 + window).as_integer());
  out.now = epoch_ms(answer.at(0).as_integer());
  return out;
}

submit_answer read_submission(const redis::reply& answer, std::size_t at) {
  submit_answer out;
  out.admitted = read_admission(answer, at);
  const auto number = answer.at(at).as_integer();
  if (number <= no_audience) out.verdict = static_cast<submit_verdict>(number);
  out.lane =
      job_lanes[static_cast<std::size_t>(std::clamp<std::int64_t>(answer.at(at + 4).as_integer(), 1, 3) - 1)];
  out.total = static_cast<std::uint64_t>(answer.at(at + 5).as_integer());
  return out;
}

static_assert(static_cast<std::int64_t>(submit_verdict::no_audience) == no_audience);

/// The counters a batch needs, once each.
class counter_table {
 public:
  explicit counter_table(const redis::keyspace& keys) : keys_(keys) {}

  /// Its number from 1 on; 0 for nobody's.
  std::size_t number(const admission& who) {
    if (who.counter.empty()) return 0;
    const auto found = std::find(names_.begin(), names_.end(), who.counter);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin()) + 1;
    names_.push_back(who.counter);
    counters.add(keys_.request_counter(who.counter));
    add_windows(limits, who.windows);
    return names_.size();
  }
  std::size_t size() const noexcept { return names_.size(); }

  redis::command counters, limits;

 private:
  const redis::keyspace& keys_;
  std::vector<std::string_view> names_;
};

void add_job(const redis::keyspace& keys, const job_submission& job, redis::command& job_keys,
             redis::command& arguments) {
  job_keys.add(keys.job(job.tenant, job.id));
  if (!job.audience.empty())
    job_keys.add(keys.audience(job.tenant, job.audience)).add(keys.taken(job.tenant, job.id));
  arguments.add(index_of(job.lane) + 1).add(job.total);
  arguments.add(to_hex(sha256(job.document))).add(job.document);
  arguments.add(job.correlation_id).add(job.traceparent).add(job.audience.empty() ? 0 : 1);
}

}  // namespace

redis::command encode_submit(const redis::keyspace& keys, std::span<const submission> requests) {
  counter_table counters(keys);
  redis::command request_keys, arguments;
  for (const auto& [who, jobs] : requests) {
    if (!who.replay_key.empty()) request_keys.add(keys.replay_mark(who.replay_key));
    arguments.add(counters.number(who));
    arguments.add(who.replay_key.empty() ? 0 : std::max<std::int64_t>(who.replay_ttl.count(), 1));
    arguments.add(jobs.size());
    for (const auto& job : jobs) add_job(keys, job, request_keys, arguments);
  }
  redis::command all;
  all.add(job_lanes.size() + counters.size() + request_keys.argument_count());
  for (const auto each : job_lanes) all.add(keys.lane(each));
  all.append(counters.counters).append(request_keys);
  all.add(counters.size()).append(counters.limits).append(arguments);
  return all;
}

std::optional<std::vector<submit_answer>> decode_submit(const redis::reply& answer, std::size_t requests) {
  if (answer.size() != 1 + numbers_per_request * requests) return std::nullopt;
  std::vector<submit_answer> out;
  out.reserve(requests);
  for (std::size_t at = 0; at < requests; ++at)
    out.push_back(read_submission(answer, 1 + numbers_per_request * at));
  return out;
}

redis::command encode_admit(const redis::keyspace& keys, const admission& who) {
  redis::command all;
  // In a cluster an empty key would belong to another slot.
  all.add(2);
  all.add(who.counter.empty() ? keys.meta() : keys.request_counter(who.counter));
  all.add(who.replay_key.empty() ? keys.meta() : keys.replay_mark(who.replay_key));
  add_windows(all, who.windows);
  all.add(std::max<std::int64_t>(who.replay_ttl.count(), 1));
  all.add(who.counter.empty() ? 0 : 1).add(who.replay_key.empty() ? 0 : 1);
  return all;
}

std::optional<admit_answer> decode_admit(const redis::reply& answer) {
  if (answer.size() != 5) return std::nullopt;
  return read_admission(answer, 1);
}

std::optional<job_status> decode_status(const redis::reply& fields) {
  if (fields.size() == 0) return std::nullopt;
  job_status out;
  out.state = fields.field("state").as_text();
  out.lane = fields.field("lane").as_text();
  out.total = static_cast<std::uint64_t>(fields.field("total").as_integer());
  for (const auto each : all_outcomes)
    out.outcomes[index_of(each)] = static_cast<std::uint64_t>(fields.field(to_string(each)).as_integer());
  out.created_at = epoch_ms(fields.field("created_at").as_integer());
  out.started_at = epoch_ms(fields.field("started_at").as_integer());
  out.finished_at = epoch_ms(fields.field("finished_at").as_integer());
  return out;
}

}  // namespace dispatch::ingest
