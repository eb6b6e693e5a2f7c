// What the work itself calls: checkpoints, and the state that processes share.

#include "core/policy/permit_schedule.hpp"
#include "storage/redis/scripted_store.hpp"

namespace dispatch::redis {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t max_queued_writes = 64;
/// A probe not heard of for so long is another's to take: longer than any request may last.
constexpr milliseconds probe_timeout{30'000};

}  // namespace

void scripted_store::accept(std::vector<acceptance> jobs,
                            store_callback<std::vector<acceptance_result>> callback) {
  on_loop<std::vector<acceptance_result>>(
      std::move(callback),
      [this, jobs = std::move(jobs)](store_callback<std::vector<acceptance_result>> answer) {
        const auto size = jobs.size();
        run(script::accept, encode_accept(keys_, who_, jobs, options_.job_retention), std::move(answer),
            [size](reply answers) -> store_result<std::vector<acceptance_result>> {
              if (answers.size() != size) return refused("accept.lua answered something else");
              std::vector<acceptance_result> results;
              for (const auto& one : answers.elements) {
                results.push_back(static_cast<acceptance_result>(one.as_integer()));
              }
              return results;
            });
      });
}

void scripted_store::read_audience(const std::string& tenant, const std::string& job,
                                   std::optional<std::uint64_t> from, std::uint32_t count,
                                   std::size_t max_bytes, store_callback<audience_window> callback) {
  on_loop<audience_window>(std::move(callback), [=, this](store_callback<audience_window> answer) {
    auto to = fenced();
    to.key(keys_.taken(tenant, job));
    to.key(keys_.job(tenant, job));
    to.arg(from ? std::to_string(*from) : std::string()).arg(count).arg(max_bytes);
    run(script::read_audience, to.arg(audience_element_limit + 1).finish(), std::move(answer),
        [](reply got) -> store_result<audience_window> {
          if (got.size() < 2) return refused("read_audience.lua answered something else");
          audience_window window;
          window.first = static_cast<std::uint64_t>(got.at(0).as_integer());
          window.remaining = static_cast<std::uint64_t>(got.at(1).as_integer());
          for (std::size_t i = 2; i < got.size(); ++i) {
            window.elements.push_back(std::move(got.elements[i].text));
          }
          return window;
        });
  });
}

void scripted_store::write(std::uint64_t sequence, std::shared_ptr<const checkpoint> what,
                           store_callback<nothing> callback) {
  on_loop<nothing>(std::move(callback),
                   [this, sequence, what = std::move(what)](store_callback<nothing> answer) {
                     if (writes_.size() >= max_queued_writes)
                       return answer(refused("too many checkpoints at once"));
                     writes_.push_back({sequence, what, std::move(answer)});
                     write_next();
                   });
}

void scripted_store::write_next() {
  if (write_running_ || writes_.empty()) return;
  write_running_ = true;
  auto next = std::move(writes_.front());
  writes_.pop_front();
  auto arguments =
      encode_write(keys_, who_, next.sequence, *next.what,
                   {options_.results_max_length, options_.outbox_length, options_.job_retention});
  scripts_.run(script::write, std::move(arguments),
               [this, sequence = next.sequence, what = next.what,
                callback = std::move(next.callback)](store_result<reply> answer) {
                 write_running_ = false;
                 if (answer && answer->is_array()) {
                   auto why = refused("keys hold what they should not");
                   why.unusable = std::make_shared<unusable_parts>(parts_needing(*answer, *what));
                   callback(std::move(why));
                 } else if (answer) {
                   durability_.written(sequence, static_cast<std::uint64_t>(answer->as_integer()));
                   callback(nothing());
                 } else {
                   callback(answer.error());
                 }
                 write_next();
               });
}

void scripted_store::move_due(std::uint32_t limit, store_callback<std::uint32_t> callback) {
  on_loop<std::uint32_t>(std::move(callback), [this, limit](store_callback<std::uint32_t> answer) {
    auto to = fenced();
    for (const auto& name : {keys_.waiting(), keys_.due(), keys_.due_items()}) to.key(name);
    run(script::move_due, to.arg(limit).finish(), std::move(answer),
        [](reply moved) -> store_result<std::uint32_t> {
          return static_cast<std::uint32_t>(moved.as_integer());
        });
  });
}

void scripted_store::lease_permits(std::vector<limit_ask> scopes, std::uint32_t want,
                                   std::chrono::microseconds horizon,
                                   store_callback<std::vector<limit_lease>> callback) {
  on_loop<std::vector<limit_lease>>(
      std::move(callback),
      [this, scopes = std::move(scopes), want, horizon](store_callback<std::vector<limit_lease>> answer) {
        lease_permits_now(scopes, want, horizon, std::move(answer));
      });
}

void scripted_store::lease_permits_now(const std::vector<limit_ask>& scopes, std::uint32_t want,
                                       std::chrono::microseconds horizon,
                                       store_callback<std::vector<limit_lease>> callback) {
  auto to = fenced();
  to.arg(want).arg(std::max<std::int64_t>(horizon.count(), 0));
  std::vector<permit_terms> terms;
  for (const auto& one : scopes) {
    terms.push_back(permit_terms::of({one.rate, one.burst}));
    to.key(keys_.limit(one.scope));
    to.arg(exact_text(terms.back().interval_us)).arg(terms.back().lag_us);
  }
  run(script::lease_permits, to.finish(), std::move(callback),
      [terms = std::move(terms)](reply answer) -> store_result<std::vector<limit_lease>> {
        if (answer.size() != terms.size() + 2) return refused("lease_permits.lua answered something else");
        std::vector<limit_lease> leases;
        for (std::size_t i = 0; i < terms.size(); ++i) {
          leases.push_back({static_cast<std::uint32_t>(answer.at(1).as_integer()),
                            answer.at(i + 2).as_integer(), terms[i].interval_us, terms[i].lapse_us,
                            answer.at(0).as_integer()});
        }
        return leases;
      });
}

void scripted_store::load_breaker(const std::string& scope, store_callback<breaker_record> callback) {
  on_loop<breaker_record>(std::move(callback), [this, scope](store_callback<breaker_record> answer) {
    link_.send(command("HGETALL", keys_.breaker(scope)), [this, answer = std::move(answer)](
                                                             std::optional<reply> got) {
      if (got && !got->is_error()) return answer(decode_breaker(*got));
      scripts_.fail(link_, got ? &*got : nullptr, [answer](store_result<reply> why) { answer(why.error()); });
    });
  });
}

void scripted_store::store_breaker(const std::string& scope, const breaker_record& record,
                                   store_callback<breaker_record> callback) {
  on_loop<breaker_record>(std::move(callback), [this, scope, record](store_callback<breaker_record> answer) {
    auto to = fenced();
    to.key(keys_.breaker(scope));
    to.key(keys_.control());
    to.arg(record.version).arg(scope).arg(record.state).arg(record.failures).arg(record.opened_at.count());
    to.arg(record.retry_at.count()).arg(record.open_for.count()).arg(record.reason);
    run(script::store_breaker, to.finish(), std::move(answer),
        [](reply hash) -> store_result<breaker_record> { return decode_breaker(hash); });
  });
}

void scripted_store::probes(const std::string& scope, std::uint64_t version, std::int64_t want,
                            std::uint32_t of, store_callback<std::uint32_t> callback) {
  on_loop<std::uint32_t>(std::move(callback),
                         [this, scope, version, want, of](store_callback<std::uint32_t> answer) {
                           auto to = fenced();
                           to.key(keys_.breaker(scope));
                           to.arg(version).arg(want).arg(of).arg(probe_timeout.count());
                           run(script::take_probes, to.finish(), std::move(answer),
                               [](reply granted) -> store_result<std::uint32_t> {
                                 return static_cast<std::uint32_t>(granted.as_integer());
                               });
                         });
}

void scripted_store::take_probes(const std::string& scope, std::uint64_t version, std::uint32_t want,
                                 std::uint32_t of, store_callback<std::uint32_t> callback) {
  probes(scope, version, want, of, std::move(callback));
}

void scripted_store::return_probes(const std::string& scope, std::uint64_t version, std::uint32_t count,
                                   store_callback<nothing> callback) {
  probes(scope, version, -static_cast<std::int64_t>(count), 0,
         [callback = std::move(callback)](store_result<std::uint32_t> answer) {
           if (!answer) return callback(answer.error());
           callback(nothing());
         });
}

void scripted_store::mark_suspects(suspect_marks marks, store_callback<nothing> callback) {
  on_loop<nothing>(std::move(callback), [this, marks = std::move(marks)](store_callback<nothing> answer) {
    alone_ = marks.alone ? keys_.entry(marks.alone->where) : std::string();
    auto to = fenced();
    to.key(keys_.suspects());
    to.arg(marks.alone ? std::to_string(marks.alone->position) + ' ' + alone_ : std::string());
    for (const auto& [where, position, company] : marks.started) {
      to.arg(keys_.entry(where)).arg(index_of(company) + 1).arg(position);
    }
    run(script::mark_suspects, to.finish(), std::move(answer), to_nothing);
  });
}

void scripted_store::absolve(std::function<void()> then) {
  if (alone_.empty()) return then();
  command arguments;
  arguments.add(2).add(keys_.owner(who_.consumer)).add(keys_.suspects());
  arguments.add(who_.consumer).add(who_.epoch).add(std::exchange(alone_, {}));
  scripts_.run(script::absolve, std::move(arguments),
               [then = std::move(then)](const store_result<reply>&) { then(); });
}

void scripted_store::sample(store_callback<store_sample> callback) {
  on_loop<store_sample>(std::move(callback), [this](store_callback<store_sample> answer) {
    durability_.ask_when_old(link_);
    command arguments;
    arguments.add(12 + lane_count)
        .add(keys_.owner(who_.consumer))
        .add(keys_.waiting())
        .add(keys_.due())
        .add(keys_.dead());
    for (const auto which : all_lanes) arguments.add(keys_.lane(which));
    arguments.add(keys_.paused()).add(keys_.suppressed()).add(keys_.owners()).add(keys_.meta());
    arguments.add(keys_.outbox_state()).add(keys_.epoch()).add(keys_.progress()).add(keys_.suspects());
    arguments.add(who_.consumer).add(who_.epoch).add(keys_.wait_prefix());
    const auto sent = std::chrono::steady_clock::now();
    run(script::sample, std::move(arguments), std::move(answer),
        [this, sent](reply got) -> store_result<store_sample> {
          auto sample = decode_sample(got);
          if (!sample) return refused("sample.lua answered something else");
          if (callbacks_.clock_read) {
            callbacks_.clock_read(milliseconds(got.at(0).as_integer()), sent,
                                  std::chrono::steady_clock::now());
          }
          sample->durability_warning = durability_.warning();
          tokens_.sampled(sample->tokens_suppressed);
          return std::move(*sample);
        });
  });
}

}  // namespace dispatch::redis
