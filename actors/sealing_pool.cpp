#include "actors/sealing_pool.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace dispatch {

sealing_pool::sealing_pool(options with) : max_waiting_(with.max_waiting) {
  for (std::uint32_t i = 0; i < std::max(1u, with.threads); ++i) {
    threads_.emplace_back([this, make = with.make_seal] { work(make); });
    pthread_setname_np(threads_.back().native_handle(), "dispatch-seal");
  }
}

sealing_pool::~sealing_pool() {
  {
    const std::lock_guard lock(guard_);
    ending_ = true;
  }
  changed_.notify_all();
  for (auto& each : threads_) each.join();
}

bool sealing_pool::post(lane of, std::size_t items, std::function<void(const seal_function&)> turn) {
  {
    const std::lock_guard lock(guard_);
    if (ending_ || waiting_ + items > max_waiting_) return false;
    waiting_ += items;
    turns_[index_of(of)].push_back({items, std::move(turn)});
  }
  changed_.notify_one();
  return true;
}

void sealing_pool::work(const std::function<seal_function()>& make_seal) {
  const auto seal = make_seal();
  for (waiting_turn next; take(next); next = {}) next.run(seal);
}

bool sealing_pool::take(waiting_turn& next) {
  std::unique_lock lock(guard_);
  const auto first = [this] {
    return std::find_if(turns_.begin(), turns_.end(), [](const auto& each) { return !each.empty(); });
  };
  changed_.wait(lock, [&] { return ending_ || first() != turns_.end(); });
  if (ending_) return false;
  auto& queue = *first();
  next = std::move(queue.front());
  queue.pop_front();
  waiting_ -= next.items;
  return true;
}

}  // namespace dispatch
