#pragma once

// What a channel has been given and not yet answered for: items by the correlation of their requests, and the
// completion batches the tracker has not claimed. Io thread only, but for in_flight().

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "actors/channel.hpp"
#include "actors/completion_outbox.hpp"

namespace dispatch {

class flight_table {
 public:
  flight_table(scope_number scope, std::function<void(completion_batch_ptr)> completed);

  /// Numbers the items' requests and keeps the items.
  std::vector<provider_request> take(std::vector<outgoing>&& items);
  /// What the request will carry, for its completion.
  void set_credential(std::uint64_t correlation, const std::shared_ptr<const header_list>& headers);

  /// Completes items; answers to none are dropped.
  void deliver(std::vector<provider_answer>&& answers);
  void fail(const std::vector<provider_request>& requests, send_failure why);
  /// Items that ended before they became requests.
  void end_here(std::vector<local_end> ends);

  void repeat_unclaimed() { outbox_.repeat_unclaimed(); }
  void clear();

  std::uint64_t in_flight() const noexcept { return pending_.load(std::memory_order_relaxed); }

 private:
  struct flight {
    work_item item;
    std::shared_ptr<const header_list> credential;
    rendered_bytes::claim held;
  };

  void count() { pending_.store(flights_.size(), std::memory_order_relaxed); }

  completion_outbox outbox_;
  // At most the scope's window: the intake hands out no more.
  boost::unordered_flat_map<std::uint64_t, flight> flights_;
  std::uint64_t next_correlation_ = 1;
  std::atomic<std::uint64_t> pending_{0};
};

}  // namespace dispatch
