#pragma once

// The store behind make_redis_store(): posts every call to its loop, runs the scripts, and keeps the few
// things that live between calls.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/redis/codec.hpp"
#include "storage/redis/connection.hpp"
#include "storage/redis/durability.hpp"
#include "storage/redis/loop.hpp"
#include "storage/redis/permission_probe.hpp"
#include "storage/redis/read_marks.hpp"
#include "storage/redis/script_runner.hpp"
#include "storage/redis/token_marks.hpp"
#include "storage/redis/waiter.hpp"
#include "storage/redis_store.hpp"

namespace dispatch::redis {

inline store_error refused(std::string why) {
  return {store_error::code::refused, std::move(why)};
}

/// Everything below happens on the loop's thread; the public calls post themselves there.
class scripted_store final : public store {
 public:
  scripted_store(redis_options options, redis_callbacks callbacks);
  ~scripted_store() override;

  void acquire(std::chrono::milliseconds lease, store_callback<std::uint64_t> callback) override;
  void renew(std::chrono::milliseconds lease, store_callback<nothing> callback) override;
  void release(store_callback<nothing> callback) override;
  void lapsed(store_callback<std::vector<std::string>> callback) override;
  void take_over(const std::string& consumer, std::uint32_t count, std::size_t max_bytes,
                 store_callback<std::vector<read_batch>> callback) override;
  void read(std::vector<read_ask> asks, std::size_t max_bytes,
            store_callback<std::vector<read_batch>> callback) override;
  void wait(std::vector<source_ptr> sources, std::chrono::milliseconds timeout,
            store_callback<std::vector<control_event>> callback) override;
  void accept(std::vector<acceptance> jobs, store_callback<std::vector<acceptance_result>> callback) override;
  void read_audience(const std::string& tenant, const std::string& job, std::optional<std::uint64_t> from,
                     std::uint32_t count, std::size_t max_bytes,
                     store_callback<audience_window> callback) override;
  void write(std::uint64_t sequence, std::shared_ptr<const checkpoint> what,
             store_callback<nothing> callback) override;
  void mark_suspects(suspect_marks marks, store_callback<nothing> callback) override;
  void move_due(std::uint32_t limit, store_callback<std::uint32_t> callback) override;
  void lease_permits(std::vector<limit_ask> scopes, std::uint32_t want, std::chrono::microseconds horizon,
                     store_callback<std::vector<limit_lease>> callback) override;
  void load_breaker(const std::string& scope, store_callback<breaker_record> callback) override;
  void store_breaker(const std::string& scope, const breaker_record& record,
                     store_callback<breaker_record> callback) override;
  void take_probes(const std::string& scope, std::uint64_t version, std::uint32_t want, std::uint32_t of,
                   store_callback<std::uint32_t> callback) override;
  void return_probes(const std::string& scope, std::uint64_t version, std::uint32_t count,
                     store_callback<nothing> callback) override;
  void sample(store_callback<store_sample> callback) override;
  token_store& tokens() override { return tokens_; }

 private:
  struct queued_write {
    std::uint64_t sequence;
    std::shared_ptr<const checkpoint> what;
    store_callback<nothing> callback;
  };

  connection_hooks hooks();
  script_arguments fenced() const { return script_arguments(keys_, who_); }
  /// Posts `task`, or the refusal when this process has no epoch yet.
  template <class T>
  void on_loop(store_callback<T> callback, std::function<void(store_callback<T>)> task);
  /// Runs a script and answers what `decode` makes of its reply.
  template <class T, class Decode>
  void run(script which, command arguments, store_callback<T> callback, Decode decode);
  void take_over_now(const std::string& consumer, std::uint32_t count, std::size_t max_bytes,
                     store_callback<std::vector<read_batch>> callback);
  store_result<std::vector<read_batch>> taken_over(reply answer);
  void read_now(std::vector<read_ask> asks, std::size_t max_bytes,
                store_callback<std::vector<read_batch>> callback);
  void lease_permits_now(const std::vector<limit_ask>& scopes, std::uint32_t want,
                         std::chrono::microseconds horizon,
                         store_callback<std::vector<limit_lease>> callback);
  void probes(const std::string& scope, std::uint64_t version, std::int64_t want, std::uint32_t of,
              store_callback<std::uint32_t> callback);
  void write_next();
  void renew_now(store_callback<nothing> callback);
  /// The connection is back: an outage has cost some of the lease already.
  void renew_again();
  command acquire_arguments() const;
  std::uint64_t acquired(const reply& answer);
  /// Was it another process that fenced this one, or did Redis lose its lease (then takes a new one)?
  void check_fence(std::function<void(bool lost)> then);
  /// Where those that live see it: this process ends over it too soon for its own metrics to be looked at.
  void count_fenced(std::function<void()> then);
  /// Fenced by another process, and alive: says so of what ran alone.
  void absolve(std::function<void()> then);

  redis_options options_;
  redis_callbacks callbacks_;
  keyspace keys_;
  writer who_;
  std::chrono::milliseconds lease_{30'000};
  std::string namespace_made_at_;
  bool released_ = false;
  bool counted_fenced_ = false;
  std::uint64_t lost_epoch_ = 0;  // the one a new lease is being taken for
  loop loop_;
  script_runner scripts_;
  connection link_;
  waiter waiter_;
  read_marks reads_;
  std::uint64_t take_over_step_ = 1;  ///< of the next step, or of one that was never answered
  bool taking_over_ = false;          ///< a step is under way, or was never answered
  std::string alone_;                 ///< "STREAM ID" of what this process runs alone
  durability durability_;
  permission_probe probe_{loop_, link_, scripts_.noted(), keys_.permission_probe()};
  token_marks tokens_{loop_, scripts_, link_, keys_, who_};
  /// One write is under way at a time: two, of which the first must be repeated (its script was gone), could
  /// swap, and the first would then be taken for one already applied.
  std::deque<queued_write> writes_;
  bool write_running_ = false;
};

template <class T>
void scripted_store::on_loop(store_callback<T> callback, std::function<void(store_callback<T>)> task) {
  loop_.post([this, callback = std::move(callback), task = std::move(task)]() mutable {
    if (who_.epoch != 0) return task(std::move(callback));
    scripts_.later(std::chrono::milliseconds(20),
                   [callback = std::move(callback)] { callback(refused("no epoch acquired yet")); });
  });
}

template <class T, class Decode>
void scripted_store::run(script which, command arguments, store_callback<T> callback, Decode decode) {
  scripts_.run(
      which, std::move(arguments),
      [callback = std::move(callback), decode = std::move(decode)](store_result<reply> answer) mutable {
        if (!answer) return callback(answer.error());
        callback(decode(std::move(*answer)));
      });
}

/// For scripts whose reply says nothing.
constexpr auto to_nothing = [](reply) -> store_result<nothing> { return nothing(); };

}  // namespace dispatch::redis
