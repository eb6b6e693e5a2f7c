#include "storage/redis/scripted_store.hpp"

#include <future>
#include <stdexcept>

#include "storage/redis/link_options.hpp"

namespace dispatch::redis {

using std::chrono::milliseconds;

scripted_store::scripted_store(redis_options options, redis_callbacks callbacks)
    : options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      keys_(options_.name_space),
      who_{options_.consumer, 0},
      scripts_(loop_, {options_.reconnect_base, options_.reconnect_cap}),
      link_(loop_, link_options(options_), hooks()),
      waiter_(loop_, link_options(options_), keys_, scripts_) {
  if (options_.consumer.empty()) throw std::invalid_argument("the store wants a consumer name");
  scripts_.use(&link_);
  scripts_.noted().on_change(callbacks_.refused);
  durability_.on_change(callbacks_.durability_changed);
  scripts_.on_fenced([this](std::function<void(bool)> then) { check_fence(std::move(then)); });
  scripts_.on_missing_groups([this] {
    auto to = fenced();
    for (const auto which : all_lanes) to.key(keys_.lane(which));
    return to.finish();
  });
  loop_.post([this] {
    link_.start();
    waiter_.start();
  });
  loop_.start("redis");
}

scripted_store::~scripted_store() {
  std::promise<void> stopped;
  loop_.post([&] {
    scripts_.stop();
    probe_.stop();
    link_.stop();
    waiter_.stop();
    while (!writes_.empty()) {
      const auto one = std::move(writes_.front());
      writes_.pop_front();
      one.callback(store_error{store_error::code::unavailable, "stopped"});
    }
    stopped.set_value();
  });
  stopped.get_future().wait();
  loop_.stop();
}

connection_hooks scripted_store::hooks() {
  connection_hooks hooks;
  hooks.greeting = &script_runner::greeting;
  hooks.greeted = [this](const std::vector<reply>& loaded) { scripts_.greeted(loaded); };
  hooks.changed = [this](bool up, const std::string& detail) {
    if (up) {
      waiter_.hurry();
      renew_again();
      probe_.start();
    } else {
      probe_.stop();
    }
    if (callbacks_.connection_changed) callbacks_.connection_changed(up, detail);
  };
  hooks.answered = callbacks_.command_answered;
  return hooks;
}

command scripted_store::acquire_arguments() const {
  command arguments;
  arguments.add(5 + lane_count)
      .add(keys_.owner(who_.consumer))
      .add(keys_.owners())
      .add(keys_.epoch())
      .add(keys_.meta());
  arguments.add(keys_.control());
  for (const auto which : all_lanes) arguments.add(keys_.lane(which));
  arguments.add(who_.consumer).add(lease_.count()).add(schema_version);
  return arguments;
}

std::uint64_t scripted_store::acquired(const reply& answer) {
  who_.epoch = static_cast<std::uint64_t>(answer.at(0).as_integer());
  waiter_.begin_control(answer.at(1).text);
  namespace_made_at_ = answer.at(2).text;
  return who_.epoch;
}

void scripted_store::acquire(milliseconds lease, store_callback<std::uint64_t> callback) {
  loop_.post([this, lease, callback = std::move(callback)]() mutable {
    lease_ = lease;
    scripts_.run(script::acquire, acquire_arguments(),
                 [this, callback = std::move(callback)](store_result<reply> answer) {
                   if (answer) {
                     durability_.acquired();
                     return callback(acquired(*answer));
                   }
                   auto error = answer.error();
                   // Only a namespace of another version stays unusable whatever the operator does to it.
                   if (!error.detail.starts_with("SCHEMA")) error.what = store_error::code::unavailable;
                   callback(std::move(error));
                 });
  });
}

void scripted_store::check_fence(std::function<void(bool lost)> then) {
  struct facts {
    std::int64_t counter = 0;
    std::int64_t own_epoch = 0;  // 0: its record is gone, or says nothing
    bool has_lease = false;
  };
  const auto epoch = who_.epoch;
  auto known = std::make_shared<facts>();
  link_.send(command("GET", keys_.epoch()), [known](std::optional<reply> got) {
    if (got) known->counter = got->as_integer();
  });
  link_.send(command("HGET", keys_.owner(who_.consumer), std::string_view("epoch")),
             [known](std::optional<reply> got) {
               if (got) known->own_epoch = got->as_integer();
             });
  // Who takes over takes the lease first, and this away with the record.
  link_.send(command("ZSCORE", keys_.owners(), who_.consumer),
             [known](std::optional<reply> got) { known->has_lease = got && got->as_integer() > 0; });
  link_.send(command("HGET", keys_.meta(), std::string_view("created_at")),
             [this, epoch, known, then = std::move(then)](std::optional<reply> made) {
               if (!made || made->is_error()) return then(true);  // not known yet: the caller asks again
               const bool another = made->as_text() != namespace_made_at_;
               const bool rewound = static_cast<std::uint64_t>(known->counter) < epoch;
               const bool lost_record = known->own_epoch == 0 && known->has_lease;
               if (who_.epoch != epoch) return then(true);  // a new one was taken meanwhile
               if (!another && !rewound && !lost_record)
                 return count_fenced([this, then] { absolve([then] { then(false); }); });
               if (std::exchange(lost_epoch_, epoch) == epoch) return then(true);
               scripts_.run(script::acquire, acquire_arguments(), [this, then](store_result<reply> answer) {
                 lost_epoch_ = 0;
                 if (answer) acquired(*answer);
                 then(true);
               });
             });
}

void scripted_store::count_fenced(std::function<void()> then) {
  if (std::exchange(counted_fenced_, true)) return then();
  link_.send(command("HINCRBY", keys_.meta(), std::string_view("fenced"), 1),
             [then = std::move(then)](const std::optional<reply>&) { then(); });
}

void scripted_store::renew(milliseconds lease, store_callback<nothing> callback) {
  on_loop<nothing>(std::move(callback), [this, lease](store_callback<nothing> answer) {
    lease_ = lease;
    renew_now(std::move(answer));
  });
}

void scripted_store::renew_now(store_callback<nothing> callback) {
  auto to = fenced();
  to.key(keys_.owners());
  to.key(keys_.meta());
  run(script::renew, to.arg(lease_.count()).finish(), std::move(callback), to_nothing);
}

void scripted_store::renew_again() {
  if (who_.epoch == 0 || released_) return;
  renew_now([](const store_result<nothing>&) {});
}

void scripted_store::release(store_callback<nothing> callback) {
  on_loop<nothing>(std::move(callback), [this](store_callback<nothing> answer) {
    released_ = true;
    auto to = fenced();
    to.key(keys_.owners());
    to.key(keys_.epoch());
    to.key(keys_.control());
    run(script::release, to.finish(), std::move(answer), to_nothing);
  });
}

void scripted_store::lapsed(store_callback<std::vector<std::string>> callback) {
  on_loop<std::vector<std::string>>(std::move(callback),
                                    [this](store_callback<std::vector<std::string>> answer) {
                                      auto to = fenced();
                                      to.key(keys_.owners());
                                      to.key(keys_.meta());
                                      to.arg(lease_.count()).arg(keys_.owner(""));
                                      run(script::lapsed, to.finish(), std::move(answer),
                                          [](reply names) -> store_result<std::vector<std::string>> {
                                            std::vector<std::string> result;
                                            for (auto& one : names.elements)
                                              result.push_back(std::move(one.text));
                                            return result;
                                          });
                                    });
}

void scripted_store::take_over(const std::string& consumer, std::uint32_t count, std::size_t max_bytes,
                               store_callback<std::vector<read_batch>> callback) {
  on_loop<std::vector<read_batch>>(std::move(callback), [this, consumer, count, max_bytes](
                                                            store_callback<std::vector<read_batch>> answer) {
    take_over_now(consumer, count, max_bytes, std::move(answer));
  });
}

void scripted_store::take_over_now(const std::string& consumer, std::uint32_t count, std::size_t max_bytes,
                                   store_callback<std::vector<read_batch>> callback) {
  taking_over_ = true;
  auto to = fenced();
  for (const auto& name : {keys_.owners(), keys_.epoch(), keys_.owner(consumer), keys_.waiting()})
    to.key(name);
  to.arg(consumer).arg(count).arg(max_bytes).arg(keys_.wait_prefix());
  for (const auto which : all_lanes) {
    to.key(keys_.lane(which));
    to.arg(to_string(which));
  }
  to.key(keys_.progress());
  to.key(keys_.suspects());
  to.key(keys_.meta());
  to.arg(std::to_string(who_.epoch) + '-' + std::to_string(take_over_step_)).arg(lease_.count());
  scripts_.run(script::take_over, to.finish(),
               [this, callback = std::move(callback)](store_result<reply> answer) {
                 if (!answer) {
                   taking_over_ = answer.error().what == store_error::code::unavailable;
                   return callback(answer.error());
                 }
                 taking_over_ = false;
                 ++take_over_step_;
                 callback(taken_over(std::move(*answer)));
               });
}

store_result<std::vector<read_batch>> scripted_store::taken_over(reply answer) {
  auto batches = decode_take_over(std::move(answer));
  if (!batches) return refused("take_over.lua answered something else");
  for (const auto& batch : *batches) {
    for (const auto& one : batch.entries) reads_.claimed(keys_.stream(*batch.from), one.id);
  }
  return std::move(*batches);
}

void scripted_store::read(std::vector<read_ask> asks, std::size_t max_bytes,
                          store_callback<std::vector<read_batch>> callback) {
  on_loop<std::vector<read_batch>>(
      std::move(callback),
      [this, asks = std::move(asks), max_bytes](store_callback<std::vector<read_batch>> answer) mutable {
        read_now(std::move(asks), max_bytes, std::move(answer));
      });
}

void scripted_store::read_now(std::vector<read_ask> asks, std::size_t max_bytes,
                              store_callback<std::vector<read_batch>> callback) {
  // A lost read is repeated by its ids: what a lost take-over has claimed would come along.
  if (taking_over_) {
    return callback(store_error{store_error::code::unavailable, "a take-over is under way"});
  }
  auto to = fenced();
  to.arg(max_bytes);
  for (const auto& one : asks) {
    to.key(keys_.stream(*one.from));
    to.arg(one.count).arg(one.from->scope.empty() ? 1 : 0);
    to.arg(reads_.begin(keys_.stream(*one.from)));
  }
  run(script::read, to.finish(), std::move(callback),
      [this, asks = std::move(asks)](reply answer) -> store_result<std::vector<read_batch>> {
        std::vector<std::string> last_ids;
        auto batches = decode_read(std::move(answer), asks, last_ids);
        if (!batches) return refused("read.lua answered something else");
        for (std::size_t i = 0; i < asks.size(); ++i) {
          const auto stream = keys_.stream(*asks[i].from);
          auto& entries = (*batches)[i].entries;
          const auto last = entries.empty() ? std::string() : entries.back().id;
          std::erase_if(entries, [&](const entry& one) { return reads_.was_claimed(stream, one.id); });
          reads_.answered(stream, last, last_ids[i] != "-");
          if ((*batches)[i].drained) waiter_.drained(stream, last_ids[i]);
        }
        return std::move(*batches);
      });
}

void scripted_store::wait(std::vector<source_ptr> sources, milliseconds timeout,
                          store_callback<std::vector<control_event>> callback) {
  on_loop<std::vector<control_event>>(
      std::move(callback),
      [this, sources = std::move(sources), timeout](store_callback<std::vector<control_event>> answer) {
        waiter_.wait(sources, timeout, std::move(answer));
      });
}

}  // namespace dispatch::redis

namespace dispatch {

std::unique_ptr<store> make_redis_store(redis_options options, redis_callbacks callbacks) {
  return std::make_unique<redis::scripted_store>(std::move(options), std::move(callbacks));
}

}  // namespace dispatch
