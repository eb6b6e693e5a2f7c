#include "tests/support/fake_store.hpp"

#include <algorithm>
#include <utility>

#include "core/policy/permit_schedule.hpp"
#include "storage/redis/keys.hpp"

namespace dispatch {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds probe_timeout{30'000};

}  // namespace

fake_store::fake_store(std::shared_ptr<fake_world> world, std::string consumer,
                       std::uint64_t results_max_length)
    : world_(std::move(world)), consumer_(std::move(consumer)), results_max_length_(results_max_length) {}

template <class T>
void fake_store::available(store_callback<T> callback, std::function<T()> task) {
  world_->post([this, callback = std::move(callback), task = std::move(task)] {
    if (!world_->available) return callback(store_error{store_error::code::unavailable, "away"});
    callback(task());
  });
}

template <class T>
void fake_store::fenced(store_callback<T> callback, std::function<T()> task) {
  world_->post([this, callback = std::move(callback), task = std::move(task)] {
    if (epoch_ == 0) return callback(store_error{store_error::code::refused, "no epoch acquired yet"});
    if (!world_->available) return callback(store_error{store_error::code::unavailable, "away"});
    const auto owner = world_->owners.find(consumer_);
    if (owner == world_->owners.end() || owner->second.epoch != epoch_) {
      if (!std::exchange(counted_fenced_, true)) ++world_->fenced;
      world_->absolve(consumer_, epoch_);
      return callback(store_error{store_error::code::fenced, "another process took over"});
    }
    callback(task());
  });
}

void fake_store::acquire(milliseconds lease, store_callback<std::uint64_t> callback) {
  available<std::uint64_t>(std::move(callback), [this, lease] {
    for (const auto which : all_lanes) world_->streams[fake_key({which, ""})];
    lease_ = lease;
    world_->note_service(lease, std::min(lease / 2, milliseconds(3'000)));
    epoch_ = ++world_->epoch;
    world_->owners[consumer_] = {epoch_, 0, world_->now + lease};
    if (control_ == stream_id()) control_ = world_->streams["control"].last;
    return epoch_;
  });
}

void fake_store::renew(milliseconds lease, store_callback<nothing> callback) {
  fenced<nothing>(std::move(callback), [this, lease] {
    lease_ = lease;
    world_->note_service(lease, lease);
    world_->owners[consumer_].expires_at = world_->now + lease;
    return nothing();
  });
}

void fake_store::release(store_callback<nothing> callback) {
  fenced<nothing>(std::move(callback), [this] {
    world_->owners[consumer_].epoch = ++world_->epoch;
    world_->owners[consumer_].expires_at = epoch_ms(0);
    world_->tell({{"kind", "release"}, {"consumer", consumer_}});
    return nothing();
  });
}

void fake_store::lapsed(store_callback<std::vector<std::string>> callback) {
  fenced<std::vector<std::string>>(std::move(callback), [this] {
    world_->note_service(lease_, lease_);
    return world_->lapsed(consumer_);
  });
}

void fake_store::take_over(const std::string& consumer, std::uint32_t count, std::size_t max_bytes,
                           store_callback<std::vector<read_batch>> callback) {
  fenced<std::vector<read_batch>>(std::move(callback), [this, consumer, count, max_bytes] {
    if (consumer != consumer_) {
      world_->note_service(lease_, lease_);
      if (!world_->fence(consumer)) return std::vector<read_batch>();
    }
    auto batches = claim(consumer, count, max_bytes);
    if (batches.empty() && consumer != consumer_) world_->owners.erase(consumer);
    return batches;
  });
}

std::vector<read_batch> fake_store::claim(const std::string& consumer, std::uint32_t count,
                                          std::size_t max_bytes) {
  std::vector<source> all;
  for (const auto which : all_lanes) all.push_back({which, ""});
  for (const auto& member : world_->waiting_lists) all.push_back(*redis::keyspace::parse_member(member));
  std::vector<read_batch> batches;
  std::size_t bytes = 0;
  for (const auto& from : all) {
    auto& stream = world_->streams[fake_key(from)];
    read_batch batch{std::make_shared<const source>(from), {}, false};
    for (auto it = stream.pending.begin(); it != stream.pending.end();) {
      auto& [id, delivery] = *it;
      if (delivery.consumer != consumer || batch.entries.size() >= count || bytes >= max_bytes) {
        ++it;
        continue;
      }
      if (stream.entries.count(id) == 0) {
        world_->forget(fake_key(from) + " " + to_text(id));
        it = stream.pending.erase(it);
        continue;
      }
      delivery = {consumer_, delivery.count + 1};
      batch.entries.push_back(world_->entry_of(id, stream.entries[id], delivery.count));
      tell_of_deaths(batch.entries.back(), fake_key(from) + " " + batch.entries.back().id,
                     world_->owners[consumer]);
      if (const auto at = world_->progress.find(fake_key(from) + " " + batch.entries.back().id);
          at != world_->progress.end()) {
        batch.entries.back().progress = at->second;
      }
      bytes += batch.entries.back().document.size();
      ++it;
    }
    count -= static_cast<std::uint32_t>(batch.entries.size());
    if (!batch.entries.empty()) batches.push_back(std::move(batch));
  }
  return batches;
}

void fake_store::tell_of_deaths(entry& taken, const std::string& name, const fake_owner& other) {
  taken.recovered = true;
  const bool alone = other.alone && other.alone->entry == name;
  if (!alone && !world_->suspects.contains(name)) return;
  auto& record = world_->suspects[name];
  for (std::size_t i = 0; i < company_count; ++i) {
    record.died_upto[i] = std::max(record.died_upto[i], std::exchange(record.started[i], -1));
  }
  if (alone) {
    if (record.died_alone != other.alone->position) record.epochs.clear();
    record.died_alone = other.alone->position;
    record.epochs.insert(other.alone->epoch);
  }
  taken.died_upto = record.died_upto;
  taken.died_alone = record.died_alone;
  taken.deaths_alone = static_cast<std::uint32_t>(record.epochs.size());
}

void fake_store::read(std::vector<read_ask> asks, std::size_t max_bytes,
                      store_callback<std::vector<read_batch>> callback) {
  fenced<std::vector<read_batch>>(std::move(callback), [this, asks = std::move(asks), max_bytes] {
    std::vector<read_batch> batches;
    std::size_t bytes = 0;
    for (const auto& ask : asks) batches.push_back(read_one(ask, max_bytes, bytes));
    return batches;
  });
}

read_batch fake_store::read_one(const read_ask& ask, std::size_t max_bytes, std::size_t& bytes) {
  read_batch batch{ask.from, {}, false};
  const auto key = fake_key(*ask.from);
  auto& stream = world_->streams[key];
  while (batch.entries.size() < ask.count && bytes < max_bytes) {
    const auto next = stream.entries.upper_bound(stream.delivered);
    if (next == stream.entries.end()) {
      batch.drained = true;
      drained_[key] = stream.delivered;
      break;
    }
    stream.delivered = next->first;
    stream.pending[next->first] = {consumer_, 1};
    batch.entries.push_back(world_->entry_of(next->first, next->second, 1));
    bytes += batch.entries.back().document.size() + batch.entries.back().resume.size();
  }
  return batch;
}

void fake_store::wait(std::vector<source_ptr> sources, milliseconds timeout,
                      store_callback<std::vector<control_event>> callback) {
  world_->post([this, sources = std::move(sources), timeout, callback = std::move(callback)] {
    if (!world_->available) return callback(store_error{store_error::code::unavailable, "away"});
    if (epoch_ == 0 || waiting_) return callback(store_error{store_error::code::refused, "not now"});
    waiting_ = true;
    fake_world::waiting one;
    one.after["control"] = control_;
    for (const auto& from : sources) one.after[fake_key(*from)] = drained_[fake_key(*from)];
    one.until = world_->now + timeout;
    one.answer = [this, callback] {
      waiting_ = false;
      if (!world_->available) return callback(store_error{store_error::code::unavailable, "away"});
      callback(new_control_events());
    };
    world_->waits.push_back(std::move(one));
  });
}

std::vector<control_event> fake_store::new_control_events() {
  std::vector<control_event> events;
  const auto& entries = world_->streams["control"].entries;
  for (auto it = entries.upper_bound(control_); it != entries.end(); ++it) {
    control_event event{field(it->second, "kind"), {}};
    for (const auto& one : it->second) {
      if (one.first != "kind") event.fields.push_back(one);
    }
    events.push_back(std::move(event));
    control_ = it->first;
  }
  return events;
}

void fake_store::accept(std::vector<acceptance> jobs,
                        store_callback<std::vector<acceptance_result>> callback) {
  fenced<std::vector<acceptance_result>>(std::move(callback), [this, jobs = std::move(jobs)] {
    std::vector<acceptance_result> results;
    for (const auto& one : jobs) results.push_back(world_->accept(one));
    return results;
  });
}

void fake_store::read_audience(const std::string& tenant, const std::string& job,
                               std::optional<std::uint64_t> from, std::uint32_t count, std::size_t max_bytes,
                               store_callback<audience_window> callback) {
  fenced<audience_window>(std::move(callback), [this, name = tenant + ":" + job, from, count, max_bytes] {
    const auto& list = world_->lists["taken:" + name];
    const auto drawn = number(field(world_->hashes["job:" + name], "drawn"));
    audience_window window;
    window.first = std::max(from.value_or(drawn), drawn);
    std::size_t bytes = 0;
    auto at = window.first - drawn;
    for (; at < list.size() && window.elements.size() < count && bytes < max_bytes; ++at) {
      window.elements.push_back(list[at].substr(0, audience_element_limit + 1));
      bytes += window.elements.back().size();
    }
    window.remaining = list.size() - at;
    return window;
  });
}

void fake_store::write(std::uint64_t sequence, std::shared_ptr<const checkpoint> what,
                       store_callback<nothing> callback) {
  if (world_->writes_fail) {
    world_->post([callback = std::move(callback)] {
      callback(store_error{store_error::code::unavailable, "as the test wants"});
    });
    return;
  }
  fenced<nothing>(std::move(callback), [this, sequence, what = std::move(what)] {
    auto& owner = world_->owners[consumer_];
    if (sequence > owner.sequence) {
      owner.sequence = sequence;
      world_->apply(*what, results_max_length_ > 0);
    }
    return nothing();
  });
}

void fake_store::mark_suspects(suspect_marks marks, store_callback<nothing> callback) {
  fenced<nothing>(std::move(callback), [this, marks = std::move(marks)] {
    const auto name = [](const entry_ref& where) { return fake_key(*where.from) + " " + where.id; };
    auto& alone = world_->owners[consumer_].alone;
    alone.reset();
    if (marks.alone) alone = {epoch_, name(marks.alone->where), marks.alone->position};
    for (const auto& [where, position, company] : marks.started) {
      if (!world_->streams[fake_key(*where.from)].entries.contains(parse_id(where.id))) continue;
      world_->suspects[name(where)].started[index_of(company)] = position;
    }
    return nothing();
  });
}

void fake_store::move_due(std::uint32_t limit, store_callback<std::uint32_t> callback) {
  fenced<std::uint32_t>(std::move(callback), [this, limit] {
    std::uint32_t moved = 0;
    while (moved < limit && !world_->due.empty() && world_->due.begin()->first <= world_->now) {
      auto one = std::move(world_->due.extract(world_->due.begin()).mapped());
      one.due.reset();
      world_->park(one);
      ++moved;
    }
    return moved;
  });
}

void fake_store::lease_permits(std::vector<limit_ask> scopes, std::uint32_t want,
                               std::chrono::microseconds horizon,
                               store_callback<std::vector<limit_lease>> callback) {
  fenced<std::vector<limit_lease>>(std::move(callback), [this, scopes = std::move(scopes), want, horizon] {
    const std::int64_t now = std::chrono::microseconds(world_->now).count();
    const auto lease = [&](const limit_ask& ask, std::uint32_t wanted) {
      return dispatch::lease_permits(permit_terms::of({ask.rate, ask.burst}), world_->limits[ask.scope], now,
                                     wanted, horizon.count());
    };
    auto granted = want;
    for (const auto& one : scopes) granted = std::min(granted, lease(one, want).granted);
    std::vector<limit_lease> leases;
    for (const auto& one : scopes) {
      const auto got = lease(one, granted);
      if (granted > 0 || got.new_tat_us < world_->limits[one.scope])
        world_->limits[one.scope] = got.new_tat_us;
      leases.push_back({granted, got.first_slot_us, got.interval_us, got.lapse_us, now});
    }
    return leases;
  });
}

void fake_store::load_breaker(const std::string& scope, store_callback<breaker_record> callback) {
  fenced<breaker_record>(std::move(callback), [this, scope] {
    auto record = world_->breakers[scope];
    if (record.state.empty()) record.state = "closed";
    return record;
  });
}

void fake_store::store_breaker(const std::string& scope, const breaker_record& record,
                               store_callback<breaker_record> callback) {
  fenced<breaker_record>(std::move(callback), [this, scope, record] {
    auto& stored = world_->breakers[scope];
    if (record.version == stored.version + 1) {
      stored = record;
      world_->probes[scope] = {};
      world_->tell({{"kind", "breaker"},
                    {"scope", scope},
                    {"state", record.state},
                    {"version", std::to_string(record.version)}});
    }
    return stored;
  });
}

void fake_store::take_probes(const std::string& scope, std::uint64_t version, std::uint32_t want,
                             std::uint32_t of, store_callback<std::uint32_t> callback) {
  fenced<std::uint32_t>(std::move(callback), [this, scope, version, want, of]() -> std::uint32_t {
    const auto& breaker = world_->breakers[scope];
    if (breaker.version != version || breaker.state != "half_open") return 0;
    auto& [taken, at] = world_->probes[scope];
    if (world_->now - at > probe_timeout) taken = 0;
    const auto granted = std::min(want, of - std::min(of, taken));
    if (granted > 0) at = world_->now;
    taken += granted;
    return granted;
  });
}

void fake_store::return_probes(const std::string& scope, std::uint64_t version, std::uint32_t count,
                               store_callback<nothing> callback) {
  fenced<nothing>(std::move(callback), [this, scope, version, count] {
    auto& taken = world_->probes[scope].first;
    if (world_->breakers[scope].version == version) taken -= std::min(taken, count);
    return nothing();
  });
}

void fake_store::sample(store_callback<store_sample> callback) {
  fenced<store_sample>(std::move(callback), [this] {
    store_sample sample;
    for (const auto which : all_lanes) {
      const auto& stream = world_->streams[fake_key({which, ""})];
      auto& lane = sample.lanes[index_of(which)];
      lane.depth = stream.entries.size();
      lane.pending = stream.pending.size();
      if (stream.entries.empty()) continue;
      lane.oldest_age = world_->now - epoch_ms(stream.entries.begin()->first.first);
    }
    for (const auto& member : world_->waiting_lists) {
      const auto list = *redis::keyspace::parse_member(member);
      const auto length = world_->streams[fake_key(list)].entries.size();
      if (length > 0) sample.waiting.emplace_back(list, length);
    }
    sample.dead_letters = world_->streams["dead"].entries.size();
    sample.scheduled = world_->due.size();
    sample.paused = world_->paused;
    world_->forget_gone();
    for (const auto& [name, owner] : world_->owners)
      sample.processes += owner.expires_at > world_->now ? 1 : 0;
    sample.fenced = world_->fenced;
    sample.posts_open = world_->posts("open");
    sample.posts_dropped = world_->posts("dropped");
    sample.tokens_suppressed = tokens_.any();
    if (!world_->due.empty()) sample.next_due = world_->due.begin()->first;
    return sample;
  });
}

}  // namespace dispatch
