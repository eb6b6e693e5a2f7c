#pragma once

// A channel's completions on their way to the tracker: kept until it has claimed them, so that a crash of the
// tracker loses none. Any thread.

#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "actors/messages.hpp"

namespace dispatch {

class completion_outbox {
 public:
  /// `completed` is called on the publishing thread; it hands the batch to the tracker.
  completion_outbox(scope_number scope, std::function<void(completion_batch_ptr)> completed)
      : scope_(scope), completed_(std::move(completed)) {}

  void publish(completion_batch_ptr batch) {
    batch->scope = scope_;
    {
      const std::lock_guard lock(guard_);
      while (!unclaimed_.empty() && unclaimed_.front()->applied.taken()) unclaimed_.pop_front();
      unclaimed_.push_back(batch);
    }
    completed_(std::move(batch));
  }

  /// Says again what the tracker has not claimed.
  void repeat_unclaimed() {
    std::deque<completion_batch_ptr> again;
    {
      const std::lock_guard lock(guard_);
      again = unclaimed_;
    }
    for (auto& batch : again) {
      if (!batch->applied.taken()) completed_(std::move(batch));
    }
  }

  /// Nobody will ask any more.
  void clear() {
    const std::lock_guard lock(guard_);
    unclaimed_.clear();
  }

 private:
  const scope_number scope_;
  const std::function<void(completion_batch_ptr)> completed_;
  std::mutex guard_;
  // At most what the scope's window can complete before the tracker gets to it.
  std::deque<completion_batch_ptr> unclaimed_;
};

}  // namespace dispatch
