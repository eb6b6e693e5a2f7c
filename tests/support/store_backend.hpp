#pragma once

// What the conformance tests need of a store's other side: several processes on one namespace, and a look at
// what is stored. Names of keys without the namespace ("jobs", "wait:SCOPE:LANE", "job:TENANT:ID").

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.hpp"

namespace dispatch {

class store_backend {
 public:
  using fields = std::map<std::string, std::string>;

  virtual ~store_backend() = default;
  virtual std::unique_ptr<store> open(const std::string& consumer) = 0;
  /// Lets what was asked happen (the fake does nothing by itself).
  virtual void run() = 0;
  virtual epoch_ms now() = 0;
  virtual std::string add(const std::string& stream, const fields& entry) = 0;
  virtual std::vector<fields> stream(const std::string& name) = 0;
  virtual std::size_t pending(const std::string& stream) = 0;
  virtual fields hash(const std::string& name) = 0;
  virtual void set_hash(const std::string& name, const fields& values) = 0;
  virtual void push(const std::string& list, const std::vector<std::string>& elements) = 0;
  virtual std::vector<std::string> list(const std::string& name) = 0;
  /// Deletes an entry behind everybody's back.
  virtual void remove(const std::string& stream, const std::string& id) = 0;
  /// Ends a consumer's lease without its doing.
  virtual void lapse(const std::string& consumer) = 0;
  /// So much of all leases goes by while Redis serves, or while it is away.
  virtual void pass(std::chrono::milliseconds time) = 0;
  virtual void be_away(std::chrono::milliseconds time) = 0;
};

/// One engine process, its calls made synchronous.
class process {
 public:
  process(store_backend& backend, const std::string& consumer, bool acquired = true)
      : backend_(backend), name(consumer), storage(backend.open(consumer)) {
    if (!acquired) return;
    EXPECT_TRUE(acquire().has_value());
  }

  template <class T>
  struct outcome_of {
    std::future<store_result<T>> future;
    bool ready(std::chrono::milliseconds within = std::chrono::milliseconds(0)) {
      return future.wait_for(within) == std::future_status::ready;
    }
  };
  /// Starts a call without waiting for its end.
  template <class T, class Start>
  outcome_of<T> begin(Start start) {
    auto slot = std::make_shared<std::promise<store_result<T>>>();
    outcome_of<T> result{slot->get_future()};
    start([slot](store_result<T> answer) { slot->set_value(std::move(answer)); });
    backend_.run();
    return result;
  }
  template <class T, class Start>
  store_result<T> call(Start start) {
    return end(begin<T>(std::move(start)));
  }
  template <class T>
  store_result<T> end(outcome_of<T> pending) {
    backend_.run();
    if (!pending.ready(std::chrono::seconds(10))) {
      ADD_FAILURE() << "no answer";
      return store_error{store_error::code::unavailable, "no answer"};
    }
    return pending.future.get();
  }

  store_result<std::uint64_t> acquire(std::chrono::milliseconds lease = std::chrono::seconds(30)) {
    return call<std::uint64_t>([&](auto done) { storage->acquire(lease, done); });
  }
  store_result<nothing> renew() {
    return call<nothing>([&](auto done) { storage->renew(std::chrono::seconds(30), done); });
  }
  store_result<nothing> release() {
    return call<nothing>([&](auto done) { storage->release(done); });
  }
  store_result<std::vector<std::string>> lapsed() {
    return call<std::vector<std::string>>([&](auto done) { storage->lapsed(done); });
  }
  store_result<std::vector<read_batch>> take_over(const std::string& other, std::uint32_t count = 1'000,
                                                  std::size_t bytes = 1U << 30U) {
    return call<std::vector<read_batch>>([&](auto done) { storage->take_over(other, count, bytes, done); });
  }
  store_result<std::vector<read_batch>> read(std::vector<read_ask> asks, std::size_t bytes = 1U << 30U) {
    return call<std::vector<read_batch>>([&](auto done) { storage->read(asks, bytes, done); });
  }
  outcome_of<std::vector<control_event>> begin_wait(
      std::vector<source_ptr> sources, std::chrono::milliseconds timeout = std::chrono::seconds(5)) {
    return begin<std::vector<control_event>>([&](auto done) { storage->wait(sources, timeout, done); });
  }
  store_result<std::vector<acceptance_result>> accept(std::vector<acceptance> jobs) {
    return call<std::vector<acceptance_result>>([&](auto done) { storage->accept(jobs, done); });
  }
  store_result<audience_window> read_audience(const std::string& job, std::optional<std::uint64_t> from = {},
                                              std::uint32_t count = 1'000, std::size_t bytes = 1U << 30U) {
    return call<audience_window>(
        [&](auto done) { storage->read_audience("acme", job, from, count, bytes, done); });
  }
  store_result<nothing> write(checkpoint what) { return write_as(++sequence, std::move(what)); }
  store_result<nothing> write_as(std::uint64_t number, checkpoint what) {
    return call<nothing>(
        [&](auto done) { storage->write(number, std::make_shared<checkpoint>(std::move(what)), done); });
  }
  store_result<nothing> mark(suspect_marks marks) {
    return call<nothing>([&](auto done) { storage->mark_suspects(marks, done); });
  }
  store_result<std::uint32_t> move_due(std::uint32_t limit = 100) {
    return call<std::uint32_t>([&](auto done) { storage->move_due(limit, done); });
  }
  store_result<std::vector<limit_lease>> lease(
      std::vector<limit_ask> scopes, std::uint32_t want,
      std::chrono::microseconds horizon = std::chrono::milliseconds(50)) {
    return call<std::vector<limit_lease>>(
        [&](auto done) { storage->lease_permits(scopes, want, horizon, done); });
  }
  store_result<breaker_record> load_breaker(const std::string& scope) {
    return call<breaker_record>([&](auto done) { storage->load_breaker(scope, done); });
  }
  store_result<breaker_record> store_breaker(const std::string& scope, const breaker_record& record) {
    return call<breaker_record>([&](auto done) { storage->store_breaker(scope, record, done); });
  }
  store_result<std::uint32_t> take_probes(const std::string& scope, std::uint64_t version, std::uint32_t want,
                                          std::uint32_t of = 3) {
    return call<std::uint32_t>([&](auto done) { storage->take_probes(scope, version, want, of, done); });
  }
  store_result<nothing> return_probes(const std::string& scope, std::uint64_t version, std::uint32_t count) {
    return call<nothing>([&](auto done) { storage->return_probes(scope, version, count, done); });
  }
  store_result<store_sample> sample() {
    return call<store_sample>([&](auto done) { storage->sample(done); });
  }

 private:
  store_backend& backend_;

 public:
  const std::string name;
  std::uint64_t sequence = 0;
  const std::unique_ptr<store> storage;
};

inline source_ptr lane_source(lane which) {
  return std::make_shared<const source>(source{which, ""});
}
inline source_ptr list_source(std::string scope, lane which) {
  return std::make_shared<const source>(source{which, std::move(scope)});
}

}  // namespace dispatch
