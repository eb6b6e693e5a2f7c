#include "tests/support/fake_world.hpp"

#include <algorithm>
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

std::uint64_t number(const std::string& text) {
  return text.empty() ? 0 : std::stoull(text);
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

std::uint64_t fake_world::take_audience(const acceptance& one, bool known) {
  auto& taken = lists["taken:" + one.tenant + ":" + one.id];
  const auto written = lists.find("audience:" + one.tenant + ":" + one.audience);
  if ((taken.empty() || !known) && written != lists.end()) {
    taken = std::move(written->second);
    lists.erase(written);
  }
  return taken.size();
}

acceptance_result fake_world::accept(const acceptance& one) {
  static const std::map<std::string, acceptance_result> states{{"cancelled", acceptance_result::cancelled},
                                                               {"paused", acceptance_result::paused},
                                                               {"dead", acceptance_result::no_audience}};
  auto& job = hashes["job:" + one.tenant + ":" + one.id];
  const auto where = fake_key(*one.where.from) + " " + one.where.id;
  const bool known = job.count("sha256") != 0;
  const auto as_known =
      states.count(job["state"]) != 0 ? states.at(job["state"]) : acceptance_result::resumed;
  if (one.rest) return as_known;
  if (known && job["sha256"] != one.sha256) return acceptance_result::conflict;
  if (known && job["entry"] != where) return acceptance_result::repeat;
  if (known && job["state"] != "accepted") return as_known;
  const auto total = one.audience.empty() ? one.total : take_audience(one, known);
  const bool cancelled = job["state"] == "cancelled";
  job["state"] = total == 0 ? "dead" : cancelled ? "cancelled" : one.scheduled ? "scheduled" : "running";
  job["lane"] = to_string(one.lane);
  job["total"] = job["left"] = std::to_string(total);
  job["sha256"] = one.sha256;
  job["entry"] = where;
  job["created_at"] = std::to_string(one.created_at.count());
  if (job["state"] == "running") job["started_at"] = std::to_string(now.count());
  return total == 0  ? acceptance_result::no_audience
         : cancelled ? acceptance_result::cancelled
                     : acceptance_result::accepted;
}

void fake_world::cut(const audience_cut& one) {
  const auto job = hashes.find("job:" + one.tenant + ":" + one.job);
  const auto drawn = job == hashes.end() ? 0 : number(field(job->second, "drawn"));
  if (one.first > drawn || one.first + one.count <= drawn) return;
  const auto name = "taken:" + one.tenant + ":" + one.job;
  auto& list = lists[name];
  const auto leave = static_cast<std::ptrdiff_t>(one.first + one.count - drawn);
  list.erase(list.begin(), list.begin() + std::min(leave, std::ssize(list)));
  if (list.empty()) lists.erase(name);
  if (job != hashes.end()) job->second["drawn"] = std::to_string(one.first + one.count);
}

void fake_world::post(const result_post& one) {
  auto& state = hashes["outbox:state"];
  const auto count = [&](const char* name) { state[name] = std::to_string(number(state[name]) + 1); };
  if (number(state["open"]) >= outbox_length) return count("dropped");
  count("open");
  add("outbox",
      {{"job", one.document}, {"correlation_id", one.correlation_id}, {"traceparent", one.traceparent}});
}

std::uint64_t fake_world::posts(const std::string& name) const {
  const auto state = hashes.find("outbox:state");
  return state == hashes.end() ? 0 : number(field(state->second, name));
}

std::string fake_world::completion_text(const std::string& job) {
  auto& fields = hashes[job];
  const auto value = [&](const std::string& name) { return std::to_string(number(field(fields, name))); };
  std::string text("\"state\":\"");
  text.append(field(fields, "state")).append("\",\"total\":").append(value("total")).append(",\"counts\":{");
  for (const auto which : all_outcomes) {
    const std::string name(to_string(which));
    text.append(which == outcome::delivered ? "\"" : ",\"").append(name).append("\":").append(value(name));
  }
  text += '}';
  for (const auto* name : {"created_at", "started_at", "finished_at"}) {
    if (fields.count(name) != 0) text.append(",\"").append(name).append("\":").append(value(name));
  }
  return text;
}

void fake_world::apply(const checkpoint& what, bool with_results) {
  if (what.posts_ended > 0) {
    auto& open = hashes["outbox:state"]["open"];
    open = std::to_string(number(open) - std::min<std::uint64_t>(number(open), what.posts_ended));
  }
  for (const auto& one : what.parks) park(one);
  for (const auto& one : what.contents) {
    auto& stored = hashes["content:" + one.content->ref];
    stored["document"] = *one.content->text;
    stored["refs"] = std::to_string(number(stored["refs"]) + one.more);
  }
  for (const auto& one : what.progress) {
    if (one.ended.empty()) {
      progress.erase(fake_key(*one.where.from) + " " + one.where.id);
    } else {
      progress[fake_key(*one.where.from) + " " + one.where.id] = one.ended;
    }
  }
  for (std::size_t at = 0; at < what.jobs.size(); ++at) {
    const auto& job = what.jobs[at];
    if (!count_progress(job)) continue;
    for (const auto& one : what.completions) {
      if (one.job != at) continue;
      post({one.head + completion_text("job:" + job.tenant + ":" + job.id) + one.tail, one.correlation_id,
            one.traceparent});
    }
  }
  for (const auto& one : what.cuts) cut(one);
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
  for (const auto& one : what.withheld) {
    add("withheld:" + one.scope, {{"tenant", one.event.tenant},
                                  {"platform", std::string(to_string(one.event.platform))},
                                  {"token", one.event.token},
                                  {"reason", one.event.reason},
                                  {"job", one.event.job},
                                  {"mark", one.mark.text()},
                                  {"until", std::to_string(one.until.count())}});
  }
  for (const auto& one : what.dead) {
    add("dead", {{"tenant", one.tenant},
                 {"job", one.document},
                 {"reason", one.reason},
                 {"detail", one.detail},
                 {"attempts", std::to_string(one.attempts)},
                 {"source_id", one.source_id},
                 {"content", one.content ? one.content->ref : ""}});
  }
  for (const auto& one : what.posts) post(one);
  for (const auto& one : what.done) {
    suspects.erase(fake_key(*one.from) + " " + one.id);
    auto& stream = streams[fake_key(*one.from)];
    stream.pending.erase(parse_id(one.id));
    if (stream.entries.erase(parse_id(one.id)) > 0 && !one.content.empty()) release(one.content);
  }
}

entry fake_world::entry_of(stream_id id, const field_map& fields, std::uint32_t deliveries) const {
  entry out;
  out.id = to_text(id);
  out.document = field(fields, "job");
  out.correlation_id = field(fields, "correlation_id");
  out.traceparent = field(fields, "traceparent");
  out.resume = field(fields, "resume");
  out.deliveries = deliveries;
  if (const auto ref = field(fields, "content"); !ref.empty()) {
    const auto found = hashes.find("content:" + ref);
    const bool there = found != hashes.end();
    out.has_content = there ? content_state::there : content_state::missing;
    out.content = std::make_shared<const stored_content>(stored_content{
        ref, there ? std::make_shared<const std::string>(found->second.at("document")) : nullptr});
  }
  return out;
}

void fake_world::release(const std::string& content) {
  const auto found = hashes.find("content:" + content);
  if (found == hashes.end()) return;
  const auto refs = number(found->second["refs"]);
  if (refs <= 1) {
    hashes.erase(found);
  } else {
    found->second["refs"] = std::to_string(refs - 1);
  }
}

void fake_world::absolve(const std::string& consumer, std::uint64_t of) {
  if (const auto owner = owners.find(consumer);
      owner != owners.end() && owner->second.alone && owner->second.alone->epoch == of) {
    owner->second.alone.reset();
  }
  for (auto& [name, each] : suspects) each.epochs.erase(of);
}

void fake_world::note_service(std::chrono::milliseconds lease, std::chrono::milliseconds grace) {
  if (served_at && now - *served_at > lease / 2) {
    for (auto& [name, owner] : owners) {
      if (owner.expires_at > epoch_ms(0)) owner.expires_at = std::max(owner.expires_at, now + grace);
    }
  }
  served_at = now;
}

std::vector<std::string> fake_world::lapsed(const std::string& asking) const {
  std::vector<std::string> names;
  for (const auto& [name, owner] : owners) {
    if (name != asking && owner.expires_at <= now) names.push_back(name);
  }
  return names;
}

bool fake_world::fence(const std::string& consumer) {
  const auto owner = owners.find(consumer);
  if (owner == owners.end() || owner->second.expires_at > now) return false;
  owner->second.epoch = ++epoch;
  owner->second.expires_at = epoch_ms(0);
  return true;
}

void fake_world::forget(const std::string& entry) {
  progress.erase(entry);
  suspects.erase(entry);
}

void fake_world::forget_gone() {
  const auto gone = [this](const auto& each) {
    const auto space = each.first.rfind(' ');
    return !streams[each.first.substr(0, space)].entries.contains(parse_id(each.first.substr(space + 1)));
  };
  std::erase_if(progress, gone);
  std::erase_if(suspects, gone);
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
                         {"traceparent", one.traceparent},
                         {"content", one.content ? one.content->ref : ""}});
}

bool fake_world::count_progress(const job_progress& one) {
  const auto found = hashes.find("job:" + one.tenant + ":" + one.id);
  if (found == hashes.end() || found->second.count("left") == 0) return false;
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
    field_map done{{"tenant", one.tenant}, {"job", one.id}, {"outcome", "job_done"}, {"at", at}};
    if (!one.correlation_id.empty()) done["correlation_id"] = one.correlation_id;
    if (!one.traceparent.empty()) done["traceparent"] = one.traceparent;
    add("results", std::move(done));
    return true;
  }
  if (job["state"] == "scheduled" || job["state"] == "accepted") {
    job["state"] = "running";
    job["started_at"] = at;
  }
  return false;
}

}  // namespace dispatch
