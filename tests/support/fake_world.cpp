#include "tests/support/fake_world.hpp"

#include <charconv>

#include "storage/redis/keys.hpp"

namespace dispatch {

std::string fake_key(const source& from) {
  return redis::keyspace("").stream(from).substr(1);
}

std::string field(const field_map& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found != fields.end() ? found->second : std::string();
}

std::string to_text(stream_id id) {
  return std::to_string(id.first) + "-" + std::to_string(id.second);
}

stream_id parse_id(const std::string& text) {
  stream_id id{};
  const char* end = text.data() + text.size();
  const char* dash = std::from_chars(text.data(), end, id.first).ptr;
  if (dash != end) std::from_chars(dash + 1, end, id.second);
  return id;
}

void fake_world::run() {
  do {
    while (!tasks_.empty()) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  } while (answer_waits());
}

bool fake_world::answer_waits() {
  for (auto it = waits.begin(); it != waits.end(); ++it) {
    bool ready = now >= it->until || !available;
    for (const auto& [name, after] : it->after) {
      const auto& entries = streams[name].entries;
      ready = ready || entries.upper_bound(after) != entries.end();
    }
    if (!ready) continue;
    const auto answer = std::move(it->answer);
    waits.erase(it);
    answer();
    return true;
  }
  return false;
}

std::string fake_world::add(const std::string& stream, field_map fields) {
  auto& to = streams[stream];
  const auto ms = static_cast<std::uint64_t>(now.count());
  to.last = ms > to.last.first ? stream_id(ms, 0) : stream_id(to.last.first, to.last.second + 1);
  to.entries.emplace(to.last, std::move(fields));
  return to_text(to.last);
}

acceptance_result fake_world::accept(const acceptance& one) {
  auto& job = hashes["job:" + one.tenant + ":" + one.id];
  const auto where = fake_key(*one.where.from) + " " + one.where.id;
  const bool known = job.count("sha256") != 0;
  if (one.rest) {
    return job["state"] == "cancelled" ? acceptance_result::cancelled
           : job["state"] == "paused"  ? acceptance_result::paused
                                       : acceptance_result::resumed;
  }
  if (known && job["sha256"] != one.sha256) return acceptance_result::conflict;
  if (known && job["entry"] != where) return acceptance_result::repeat;
  const bool cancelled = field(job, "state") == "cancelled";
  if (known && !cancelled && job["state"] != "accepted") return acceptance_result::resumed;
  if (!known || !cancelled) {
    job["lane"] = to_string(one.lane);
    job["total"] = job["left"] = std::to_string(one.total);
    job["sha256"] = one.sha256;
    job["entry"] = where;
    job["created_at"] = std::to_string(one.created_at.count());
  }
  if (cancelled) return acceptance_result::cancelled;
  job["state"] = one.scheduled ? "scheduled" : "running";
  if (!one.scheduled) job["started_at"] = std::to_string(now.count());
  return acceptance_result::accepted;
}

void fake_world::apply(const checkpoint& what, bool with_results) {
  for (const auto& one : what.parks) park(one);
  for (const auto& one : what.progress) {
    suspects.erase(fake_key(*one.where.from) + " " + one.where.id);
    if (one.ended.empty()) {
      progress.erase(fake_key(*one.where.from) + " " + one.where.id);
    } else {
      progress[fake_key(*one.where.from) + " " + one.where.id] = one.ended;
    }
  }
  for (const auto& one : what.jobs) count_progress(one);
  for (const auto& one : what.results) {
    if (!with_results) break;
    add("results", {{"tenant", one.tenant},
                    {"job", one.job},
                    {"recipient", std::to_string(one.recipient)},
                    {"platform", std::string(to_string(one.platform))},
                    {"outcome", std::string(to_string(one.outcome))},
                    {"reason", one.reason},
                    {"attempts", std::to_string(one.attempts)},
                    {"at", std::to_string(one.at.count())}});
  }
  for (const auto& one : what.tokens) {
    add("tokens", {{"event", one.quarantined ? "quarantined" : "invalid"},
                   {"tenant", one.tenant},
                   {"platform", std::string(to_string(one.platform))},
                   {"token", one.token},
                   {"reason", one.reason},
                   {"job", one.job}});
  }
  for (const auto& one : what.dead) {
    add("dead", {{"tenant", one.tenant},
                 {"job", one.document},
                 {"reason", one.reason},
                 {"detail", one.detail},
                 {"attempts", std::to_string(one.attempts)},
                 {"source_id", one.source_id}});
  }
  for (const auto& one : what.done) {
    suspects.erase(fake_key(*one.from) + " " + one.id);
    auto& stream = streams[fake_key(*one.from)];
    stream.pending.erase(parse_id(one.id));
    stream.entries.erase(parse_id(one.id));
  }
}

void fake_world::park(const parked& one) {
  if (one.due) {
    due.emplace(*one.due, one);
    return;
  }
  waiting_lists.insert(redis::keyspace::member(one.to));
  add(fake_key(one.to), {{"job", one.document},
                         {"resume", one.resume},
                         {"correlation_id", one.correlation_id},
                         {"traceparent", one.traceparent}});
}

void fake_world::count_progress(const job_progress& one) {
  const auto found = hashes.find("job:" + one.tenant + ":" + one.id);
  if (found == hashes.end() || found->second.count("left") == 0) return;
  auto& job = found->second;
  std::int64_t left = std::stoll(job["left"]);
  for (const auto which : all_outcomes) {
    const auto more = one.add[index_of(which)];
    if (more == 0) continue;
    auto& counter = job[std::string(to_string(which))];
    counter = std::to_string((counter.empty() ? 0 : std::stoll(counter)) + more);
    left -= more;
  }
  job["left"] = std::to_string(left);
  const auto at = std::to_string(now.count());
  if (left <= 0 && job["state"] != "done") {
    if (job["state"] != "cancelled") job["state"] = "done";
    job["finished_at"] = at;
    add("results", {{"tenant", one.tenant}, {"job", one.id}, {"outcome", "job_done"}, {"at", at}});
  } else if (job["state"] == "scheduled" || job["state"] == "accepted") {
    job["state"] = "running";
    job["started_at"] = at;
  }
}

}  // namespace dispatch
