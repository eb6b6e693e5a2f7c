#include "storage/ingest/redis_ingest_store.hpp"

#include <future>
#include <utility>

#include "storage/ingest/scripts.hpp"
#include "storage/redis/errors.hpp"
#include "storage/redis/link_options.hpp"

namespace dispatch::ingest {
namespace {

using redis::reply;

store_error unavailable(std::string detail) {
  return {store_error::code::unavailable, std::move(detail)};
}

store_error unexpected() {
  return {store_error::code::refused, "a script answered something else"};
}

std::string_view order_text(job_order what) {
  const auto which = what == job_order::cancel  ? operators::script::cancel
                     : what == job_order::pause ? operators::script::pause
                                                : operators::script::resume;
  return operators::script_sources[index_of(which)].text;
}

}  // namespace

redis_ingest_store::redis_ingest_store(const redis_options& options, redis_callbacks callbacks,
                                       ingest_limits limits)
    : keys_(options.name_space),
      limits_(limits),
      link_(loop_, redis::link_options(options), hooks(std::move(callbacks))) {
  submit_ = {"submit", submit_script, {}};
  admit_ = {"admit", admit_script, {}};
  for (const auto each : {job_order::cancel, job_order::pause, job_order::resume})
    orders_[index_of(each)] = {"order", order_text(each), {}};
  loop_.post([this] { link_.start(); });
  loop_.start("redis-ingest");
}

redis::connection_hooks redis_ingest_store::hooks(redis_callbacks callbacks) {
  redis::connection_hooks hooks;
  hooks.greeting = [this] {
    std::vector<redis::command> loads;
    for (const auto* each : scripts()) loads.emplace_back("SCRIPT", std::string_view("LOAD"), each->text);
    return loads;
  };
  hooks.greeted = [this](const std::vector<reply>& digests) {
    const auto all = scripts();
    for (std::size_t at = 0; at < all.size() && at < digests.size(); ++at) all[at]->digest = digests[at].text;
  };
  refusals_.on_change(std::move(callbacks.refused));
  hooks.changed = [this, tell = std::move(callbacks.connection_changed)](bool up, const std::string& detail) {
    up_ = up;
    if (up)
      probe_.start();
    else
      probe_.stop();
    if (tell) tell(up, detail);
  };
  hooks.answered = std::move(callbacks.command_answered);
  return hooks;
}

redis_ingest_store::~redis_ingest_store() {
  std::promise<void> stopped;
  loop_.post([&] {
    probe_.stop();
    link_.stop();
    for (auto& each : std::exchange(queue_, {})) each.callback(unavailable("stopped"));
    stopped.set_value();
  });
  stopped.get_future().wait();
  loop_.stop();
}

bool redis_ingest_store::available() const noexcept {
  if (!up_) return false;
  const auto oldest = oldest_.load();
  return oldest == 0 || clock::now().time_since_epoch().count() - oldest <
                            std::chrono::duration_cast<clock::duration>(limits_.stalled_after).count();
}

bool redis_ingest_store::take_place(std::size_t bytes) noexcept {
  if (!available()) return false;
  const bool room = waiting_.fetch_add(1) < limits_.max_waiting &&
                    waiting_bytes_.load() + bytes <= limits_.max_waiting_bytes;
  if (room)
    waiting_bytes_ += bytes;
  else
    --waiting_;
  return room;
}

template <class T>
store_callback<T> redis_ingest_store::counted(std::size_t bytes, store_callback<T> callback) {
  if (!take_place(bytes)) {
    callback(unavailable("Redis is away, or too much waits for it"));
    return {};
  }
  return [this, bytes, callback = std::move(callback)](store_result<T> result) {
    waiting_bytes_ -= bytes;
    --waiting_;
    callback(std::move(result));
  };
}

void redis_ingest_store::submit(admission who, std::vector<job_submission> jobs,
                                store_callback<submit_answer> callback) {
  std::size_t bytes = 0;
  for (const auto& job : jobs) bytes += job.document.size();
  auto answer = counted(bytes, std::move(callback));
  if (!answer) return;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = incoming_.empty();
    incoming_.push_back({{std::move(who), std::move(jobs)}, bytes, std::move(answer)});
  }
  if (!first) return;
  loop_.post([this] {
    {
      const std::lock_guard lock(mutex_);
      for (auto& each : incoming_) queue_.push_back(std::move(each));
      incoming_.clear();
    }
    send_batches();
  });
}

void redis_ingest_store::send_batches() {
  while (!queue_.empty() && scripts_under_way_ < limits_.scripts_under_way) send_batch(next_batch());
}

redis_ingest_store::batch redis_ingest_store::next_batch() {
  batch requests;
  for (std::size_t bytes = 0, jobs = 0; !queue_.empty(); queue_.pop_front()) {
    bytes += queue_.front().bytes;
    jobs += queue_.front().what.jobs.size();
    if (!requests.empty() && (bytes > limits_.batch_bytes || jobs > limits_.batch_jobs)) break;
    requests.push_back(std::move(queue_.front()));
  }
  return requests;
}

void redis_ingest_store::send_batch(batch requests) {
  std::vector<submission> submissions;
  auto callbacks = std::make_shared<std::vector<store_callback<submit_answer>>>();
  submissions.reserve(requests.size());
  callbacks->reserve(requests.size());
  for (auto& each : requests) {
    submissions.push_back(std::move(each.what));
    callbacks->push_back(std::move(each.callback));
  }
  ++scripts_under_way_;
  run(submit_, encode_submit(keys_, submissions), [this, callbacks](store_result<reply> answer) {
    --scripts_under_way_;
    const auto answers = answer ? decode_submit(*answer, callbacks->size()) : std::nullopt;
    for (std::size_t at = 0; at < callbacks->size(); ++at) {
      if (answers)
        (*callbacks)[at]((*answers)[at]);
      else
        (*callbacks)[at](answer ? unexpected() : answer.error());
    }
    send_batches();
  });
}

void redis_ingest_store::send(std::string_view name, const redis::command& what, handler answer) {
  const auto now = clock::now();
  if (sent_.empty()) oldest_ = now.time_since_epoch().count();
  sent_.push_back(now);
  link_.send(what, [this, name, answer = std::move(answer)](std::optional<reply> got) {
    sent_.pop_front();
    oldest_ = sent_.empty() ? 0 : sent_.front().time_since_epoch().count();
    if (got) refusals_.note(name, got->is_error() ? got->text : std::string());
    if (got && !got->is_error()) return answer(std::move(*got));
    answer(failure(got));
  });
}

/// What an error means for who asked, and for the connection.
store_error redis_ingest_store::failure(const std::optional<reply>& answer) {
  if (!answer) return unavailable(link_.last_error());
  const auto what = redis::react_to(answer->text);
  if (what == redis::reaction::refuse) return {store_error::code::refused, answer->text};
  if (what == redis::reaction::reconnect) link_.drop(answer->text);
  if (what == redis::reaction::follow) link_.follow(redis::moved_to(answer->text));
  return unavailable(answer->text);
}

void redis_ingest_store::run(const loaded_script& which, redis::command arguments, handler answer) {
  redis::command evaluate("EVALSHA", which.digest);
  evaluate.append(arguments);
  send(which.name, evaluate,
       [this, &which, arguments = std::move(arguments),
        answer = std::move(answer)](store_result<reply> result) {
         if (result || !result.error().detail.starts_with("NOSCRIPT")) return answer(std::move(result));
         // Forgotten (SCRIPT FLUSH): EVAL makes it known again.
         redis::command whole("EVAL", which.text);
         whole.append(arguments);
         send(which.name, whole, answer);
       });
}

void redis_ingest_store::admit(admission who, store_callback<admit_answer> callback) {
  auto answer = counted(0, std::move(callback));
  if (!answer) return;
  loop_.post([this, who = std::move(who), answer = std::move(answer)] {
    run(admit_, encode_admit(keys_, who), [answer](store_result<reply> result) {
      if (!result) return answer(result.error());
      const auto admitted = decode_admit(*result);
      answer(admitted ? store_result<admit_answer>(*admitted) : unexpected());
    });
  });
}

void redis_ingest_store::append_audience(const std::string& tenant, const std::string& name,
                                         std::vector<std::string> recipients,
                                         store_callback<std::uint64_t> callback) {
  redis::command append("RPUSH", keys_.audience(tenant, name));
  for (const auto& each : recipients) append.add(each);
  auto answer = counted(append.size_bytes(), std::move(callback));
  if (!answer) return;
  loop_.post([this, append = std::move(append), answer = std::move(answer)] {
    send("audience", append, [answer](store_result<reply> result) {
      if (!result) return answer(result.error());
      answer(static_cast<std::uint64_t>(result->as_integer()));
    });
  });
}

void redis_ingest_store::status(const std::string& tenant, const std::string& id,
                                store_callback<std::optional<job_status>> callback) {
  auto answer = counted(0, std::move(callback));
  if (!answer) return;
  loop_.post([this, key = keys_.job(tenant, id), answer = std::move(answer)] {
    auto now = std::make_shared<epoch_ms>(0);
    send("status", redis::command("TIME"), [now](store_result<reply> clock_now) {
      if (clock_now)
        *now = epoch_ms(clock_now->at(0).as_integer() * 1'000 + clock_now->at(1).as_integer() / 1'000);
    });
    send("status", redis::command("HGETALL", key), [now, answer](store_result<reply> fields) {
      if (!fields) return answer(fields.error());
      auto found = decode_status(*fields);
      if (found) found->now = *now;
      answer(std::move(found));
    });
  });
}

void redis_ingest_store::order(job_order what, const std::string& tenant, const std::string& id,
                               store_callback<job_change> callback) {
  auto answer = counted(0, std::move(callback));
  if (!answer) return;
  auto call = std::make_shared<operators::job_call>(
      what == job_order::cancel  ? operators::cancel_call(keys_, tenant, id)
      : what == job_order::pause ? operators::pause_call(keys_, tenant, id)
                                 : operators::resume_call(keys_, tenant, id));
  loop_.post([this, call = std::move(call), answer = std::move(answer)] {
    // An operator may cancel what is yet to come; over HTTP what is not there is 404, and leaves no trace.
    send("order", redis::command("EXISTS", call->keys.front()),
         [this, call, answer](store_result<reply> there) {
           if (!there) return answer(there.error());
           if (there->as_integer() == 0) return answer(job_change{});
           run_order(call, {}, answer);
         });
  });
}

void redis_ingest_store::run_order(std::shared_ptr<operators::job_call> what, job_change so_far,
                                   store_callback<job_change> callback) {
  redis::command arguments;
  arguments.add(what->keys.size());
  for (const auto& each : what->keys) arguments.add(each);
  for (const auto& each : what->arguments) arguments.add(each);
  auto& script = orders_[what->which == operators::script::cancel  ? index_of(job_order::cancel)
                         : what->which == operators::script::pause ? index_of(job_order::pause)
                                                                   : index_of(job_order::resume)];
  run(script, arguments,
      [this, what, so_far, callback = std::move(callback)](store_result<reply> result) mutable {
        if (!result) return callback(result.error());
        if (!operators::read_answer(*what, *result, so_far)) return callback(std::move(so_far));
        run_order(std::move(what), std::move(so_far), std::move(callback));
      });
}

}  // namespace dispatch::ingest

namespace dispatch {

std::unique_ptr<ingest_store> make_ingest_store(const redis_options& options, redis_callbacks callbacks) {
  return std::make_unique<ingest::redis_ingest_store>(options, std::move(callbacks));
}

}  // namespace dispatch
