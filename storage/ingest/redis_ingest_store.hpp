#pragma once

// The ingest store on a real Redis. Submissions are gathered while scripts are under way and leave together,
// so that their share of a script's cost falls as the load grows.

#include <atomic>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "storage/ingest/codec.hpp"
#include "storage/ingest_store.hpp"
#include "storage/operator/job_orders.hpp"
#include "storage/redis/connection.hpp"
#include "storage/redis/keys.hpp"
#include "storage/redis/loop.hpp"
#include "storage/redis/permission_probe.hpp"
#include "storage/redis/refusals.hpp"
#include "storage/redis_store.hpp"

namespace dispatch::ingest {

struct ingest_limits {
  std::size_t max_waiting = 10'000;              ///< calls without an answer; more are `unavailable` at once
  std::size_t max_waiting_bytes = 32u << 20;     ///< of their documents
  std::size_t batch_jobs = 128;                  ///< of one script: Redis serves nobody else meanwhile
  std::size_t batch_bytes = 1u << 20;            ///< about; one request may be more, of both
  std::size_t scripts_under_way = 1;             ///< of submissions
  std::chrono::milliseconds stalled_after{500};  ///< an unanswered command makes new calls `unavailable`
};

class redis_ingest_store final : public ingest_store {
 public:
  /// Of the options those of the connection are used, and the namespace. Starts connecting at once; throws
  /// std::invalid_argument for an unusable URL.
  redis_ingest_store(const redis_options& options, redis_callbacks callbacks, ingest_limits limits = {});
  ~redis_ingest_store() override;

  void submit(admission who, std::vector<job_submission> jobs,
              store_callback<submit_answer> callback) override;
  void admit(admission who, store_callback<admit_answer> callback) override;
  void append_audience(const std::string& tenant, const std::string& name,
                       std::vector<std::string> recipients, store_callback<std::uint64_t> callback) override;
  void status(const std::string& tenant, const std::string& id,
              store_callback<std::optional<job_status>> callback) override;
  void order(job_order what, const std::string& tenant, const std::string& id,
             store_callback<job_change> callback) override;
  bool available() const noexcept override;

 private:
  using clock = std::chrono::steady_clock;
  struct waiting_request {
    submission what;
    std::size_t bytes = 0;  ///< of its documents
    store_callback<submit_answer> callback;
  };
  using batch = std::vector<waiting_request>;
  using handler = std::function<void(store_result<redis::reply>)>;
  struct loaded_script {
    std::string_view name;  ///< in what is said of its refusal
    std::string_view text;
    std::string digest;
  };

  redis::connection_hooks hooks(redis_callbacks callbacks);
  std::array<loaded_script*, 5> scripts() {
    return {&submit_, &admit_, &orders_[0], &orders_[1], &orders_[2]};
  }
  template <class T>
  store_callback<T> counted(std::size_t bytes, store_callback<T> callback);
  bool take_place(std::size_t bytes) noexcept;
  void send_batches();
  batch next_batch();
  void send_batch(batch requests);
  void run(const loaded_script& which, redis::command arguments, handler answer);
  void send(std::string_view name, const redis::command& what, handler answer);
  store_error failure(const std::optional<redis::reply>& answer);
  void run_order(std::shared_ptr<operators::job_call> what, job_change so_far,
                 store_callback<job_change> callback);

  redis::keyspace keys_;
  const ingest_limits limits_;
  redis::refusals refusals_;  ///< before the connection, whose hooks are made with it
  redis::loop loop_;
  redis::connection link_;
  redis::permission_probe probe_{loop_, link_, refusals_, keys_.permission_probe()};
  loaded_script submit_{}, admit_{};
  std::array<loaded_script, 3> orders_{};  ///< by job_order
  std::deque<waiting_request> queue_;
  std::size_t scripts_under_way_ = 0;
  std::deque<clock::time_point> sent_;  ///< of the commands without an answer

  std::mutex mutex_;
  std::vector<waiting_request> incoming_;  ///< on their way to the loop
  std::atomic<std::size_t> waiting_ = 0, waiting_bytes_ = 0;
  std::atomic<bool> up_ = false;
  std::atomic<clock::rep> oldest_ = 0;  ///< when sent_.front() was sent; 0: nothing is
};

}  // namespace dispatch::ingest
