#include <fmt/format.h>

#include <algorithm>

#include "storage/redis/codec.hpp"

namespace dispatch::redis {

namespace {

/// Fields and values of a stream entry, without the empty ones; their number comes first.
class stream_fields {
 public:
  stream_fields& add(std::string_view name, std::string_view value) {
    if (!value.empty()) body_.add(name).add(value);
    return *this;
  }
  template <class Integer>
  requires std::is_integral_v<Integer> stream_fields& add(std::string_view name, Integer value) {
    body_.add(name).add(value);
    return *this;
  }
  /// An XADD takes no entry without fields.
  void finish(script_arguments& to) {
    to.arg(body_.argument_count());
    to.append(body_);
  }

 private:
  command body_;
};

void add_result(script_arguments& to, const result_record& one) {
  stream_fields()
      .add("tenant", one.tenant)
      .add("job", one.job)
      .add("recipient", one.recipient)
      .add("recipient_id", one.recipient_id)
      .add("token_sha256", one.token_sha256)
      .add("platform", to_string(one.platform))
      .add("outcome", to_string(one.outcome))
      .add("reason", one.reason)
      .add("attempts", one.attempts)
      .add("provider_id", one.provider_id)
      .add("correlation_id", one.correlation_id)
      .add("traceparent", one.traceparent)
      .add("at", one.at.count())
      .finish(to);
}

stream_fields token_fields(const token_event& one, std::string_view event) {
  stream_fields fields;
  fields.add("event", event)
      .add("tenant", one.tenant)
      .add("platform", to_string(one.platform))
      .add("token", one.token)
      .add("reason", one.reason)
      .add("job", one.job)
      .add("at", one.at.count());
  return fields;
}

void add_token(script_arguments& to, const token_event& one) {
  token_fields(one, one.quarantined ? "quarantined" : "invalid").finish(to);
}

/// What decide.lua makes the event and the mark of.
void add_withheld(script_arguments& to, const withheld_token& one) {
  token_fields(one.event, {}).add("mark", one.mark.text()).add("until", one.until.count()).finish(to);
}

void add_dead(script_arguments& to, const dead_letter& one) {
  stream_fields()
      .add("tenant", one.tenant)
      .add("job", one.document)
      .add("reason", one.reason)
      .add("detail", one.detail)
      .add("attempts", one.attempts)
      .add("source_id", one.source_id)
      .add("resume", one.resume)
      .add("lane", one.lane)
      .add("correlation_id", one.correlation_id)
      .add("traceparent", one.traceparent)
      .add("content", one.content ? std::string_view(one.content->ref) : std::string_view())
      .add("at", one.at.count())
      .finish(to);
}

void add_progress(script_arguments& to, const job_progress& one) {
  to.arg(one.tenant).arg(one.id).arg(one.correlation_id).arg(one.traceparent);
  if (one.only_recipient) {
    const auto ended = std::find_if(one.add.begin(), one.add.end(), [](auto count) { return count != 0; });
    to.arg("=").arg(to_string(static_cast<outcome>(ended - one.add.begin())));
    return;
  }
  const auto zeros = std::count(one.add.begin(), one.add.end(), 0U);
  to.arg(one.add.size() - static_cast<std::size_t>(zeros));
  for (const auto which : all_outcomes) {
    if (const auto count = one.add[index_of(which)]; count != 0) to.arg(to_string(which)).arg(count);
  }
}

/// What is done, by stream: XACK and XDEL take many ids of one.
struct done_stream {
  const source* from;
  std::vector<const std::string*> ids;
};

std::vector<done_stream> by_stream(const std::vector<entry_ref>& done) {
  std::vector<done_stream> streams;
  done_stream* current = nullptr;
  for (const auto& one : done) {
    if (!one.content.empty()) continue;  // one by one, see write.lua
    if (current == nullptr || !(*current->from == *one.from)) {
      const auto found =
          std::find_if(streams.begin(), streams.end(), [&](const auto& it) { return *it.from == *one.from; });
      current = found != streams.end() ? &*found : &streams.emplace_back(done_stream{one.from.get(), {}});
    }
    current->ids.push_back(&one.id);
  }
  return streams;
}

}  // namespace

std::string exact_text(double value) {
  return fmt::format("{}", value);
}

command encode_write(const keyspace& keys, const writer& who, std::uint64_t sequence, const checkpoint& what,
                     const write_limits& limits) {
  script_arguments to(keys, who);
  const auto streams = by_stream(what.done);
  for (const auto& name :
       {keys.waiting(), keys.due(), keys.due_items(), keys.results(), keys.tokens(), keys.dead(),
        keys.progress(), keys.suspects(), keys.lane(lane::results), keys.outbox_state()}) {
    to.key(name);
  }
  for (const auto& one : streams) to.key(keys.stream(*one.from));
  for (const auto& one : what.parks) to.key(keys.stream(one.to));
  for (const auto& one : what.jobs) to.key(keys.job(one.tenant, one.id));
  for (const auto& one : what.cuts) {
    to.key(keys.taken(one.tenant, one.job));
    to.key(keys.job(one.tenant, one.job));
  }
  for (const auto& one : what.withheld) to.key(keys.withheld(one.scope));
  for (const auto& one : what.contents) to.key(keys.content(one.content->ref));
  std::size_t released = 0;
  for (const auto& one : what.done) {
    if (one.content.empty()) continue;
    ++released;
    to.key(keys.stream(*one.from));
    to.key(keys.content(one.content));
  }

  const std::size_t results = limits.results_length == 0 ? 0 : what.results.size();
  to.arg(sequence).arg(limits.results_length).arg(limits.retention.count());
  to.arg(streams.size()).arg(what.parks.size()).arg(what.jobs.size());
  to.arg(results).arg(what.tokens.size()).arg(what.dead.size()).arg(what.progress.size());
  to.arg(what.cuts.size()).arg(what.withheld.size());
  to.arg(what.posts.size()).arg(what.completions.size()).arg(what.posts_ended).arg(limits.outbox_length);
  to.arg(what.contents.size()).arg(released);
  for (const auto& one : what.parks) {
    to.arg(one.due ? std::to_string(one.due->count()) : std::string()).arg(keyspace::member(one.to));
    to.arg(one.document).arg(one.resume).arg(one.correlation_id).arg(one.traceparent);
    to.arg(one.content ? std::string_view(one.content->ref) : std::string_view());
  }
  for (const auto& one : what.contents) to.arg(*one.content->text).arg(one.more);
  for (const auto& one : what.completions) {
    to.arg(one.job + 1).arg(one.head).arg(one.tail).arg(one.correlation_id).arg(one.traceparent);
  }
  for (const auto& one : what.progress) to.arg(keys.entry(one.where)).arg(one.ended);
  for (const auto& one : what.jobs) add_progress(to, one);
  for (const auto& one : what.cuts) to.arg(one.first).arg(one.count);
  for (std::size_t i = 0; i < results; ++i) add_result(to, what.results[i]);
  for (const auto& one : what.tokens) add_token(to, one);
  for (const auto& one : what.dead) add_dead(to, one);
  for (const auto& one : what.withheld) add_withheld(to, one);
  for (const auto& one : what.posts) to.arg(one.document).arg(one.correlation_id).arg(one.traceparent);
  for (const auto& one : streams) {
    to.arg(one.ids.size());
    for (const auto* id : one.ids) to.arg(*id);
  }
  for (const auto& one : what.done) {
    if (!one.content.empty()) to.arg(one.id);
  }
  return to.finish();
}

unusable_parts parts_needing(const reply& keys, const checkpoint& what) {
  // 11 of them have names of their own; see encode_write().
  const auto parks = 11 + by_stream(what.done).size(), jobs = parks + what.parks.size();
  const auto cuts = jobs + what.jobs.size(), withheld = cuts + 2 * what.cuts.size();
  unusable_parts parts;
  for (const auto& each : keys.elements) {
    const auto key = static_cast<std::size_t>(each.as_integer());
    parts.waiting = parts.waiting || key == 2;
    parts.due = parts.due || key == 3 || key == 4;
    parts.tokens = parts.tokens || key == 6;
    parts.dead = parts.dead || key == 7;
    parts.progress = parts.progress || key == 8;
    parts.posts = parts.posts || key == 10 || key == 11;
    if (key > withheld + what.withheld.size()) continue;
    if (key > withheld) {
      parts.withheld.push_back(key - withheld - 1);
    } else if (key > cuts) {
      parts.cuts.push_back((key - cuts - 1) / 2);
    } else if (key > jobs) {
      parts.jobs.push_back(key - jobs - 1);
    } else if (key > parks) {
      parts.parks.push_back(key - parks - 1);
    }
  }
  return parts;
}

command encode_accept(const keyspace& keys, const writer& who, const std::vector<acceptance>& jobs,
                      std::chrono::milliseconds retention) {
  script_arguments to(keys, who);
  to.arg(keys.prefix()).arg(retention.count());
  for (const auto& one : jobs) to.key(keys.job(one.tenant, one.id));
  for (const auto& one : jobs) {
    to.arg(to_string(one.lane)).arg(one.total).arg(one.sha256);
    to.arg(keys.entry(one.where));
    to.arg(one.created_at.count());
    to.arg(one.rest ? std::string_view() : one.scheduled ? "scheduled" : "running");
    to.arg(one.audience.empty() ? std::string() : one.tenant + ":" + one.audience);
  }
  return to.finish();
}

}  // namespace dispatch::redis
