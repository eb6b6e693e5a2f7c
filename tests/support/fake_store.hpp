#pragma once

// The store without Redis: same semantics (both pass store_conformance.hpp), everything deterministic.
// Nothing happens before fake_world::run().

#include <memory>
#include <string>

#include "tests/support/fake_token_store.hpp"
#include "tests/support/fake_world.hpp"

namespace dispatch {

class fake_store final : public store {
 public:
  fake_store(std::shared_ptr<fake_world> world, std::string consumer,
             std::uint64_t results_max_length = 1'000'000);

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
  /// Queues `task`; answers for it when the world is away, or this process has no epoch or another's.
  template <class T>
  void fenced(store_callback<T> callback, std::function<T()> task);
  template <class T>
  void available(store_callback<T> callback, std::function<T()> task);
  read_batch read_one(const read_ask& ask, std::size_t max_bytes, std::size_t& bytes);
  std::vector<read_batch> claim(const std::string& consumer, std::uint32_t count, std::size_t max_bytes);
  void tell_of_deaths(entry& taken, const std::string& name, const fake_owner& other);
  std::vector<control_event> new_control_events();

  std::shared_ptr<fake_world> world_;
  std::string consumer_;
  std::uint64_t results_max_length_;
  std::uint64_t epoch_ = 0;
  std::chrono::milliseconds lease_{30'000};
  bool counted_fenced_ = false;
  fake_token_store tokens_{world_, consumer_, epoch_};
  stream_id control_{};
  std::map<std::string, stream_id> drained_;
  bool waiting_ = false;
};

}  // namespace dispatch
