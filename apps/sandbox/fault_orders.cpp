#include "apps/sandbox/fault_orders.hpp"

#include <utility>

namespace dispatch::sandbox {

bool fault_orders::add(fault_order order) {
  std::lock_guard lock(mutex_);
  if (orders_.size() >= max_orders) return false;
  orders_.push_front(std::move(order));
  any_ = true;
  return true;
}

void fault_orders::heal(std::optional<provider> who) {
  std::lock_guard lock(mutex_);
  std::erase_if(orders_, [&](const fault_order& order) { return !who || order.who == who; });
  any_ = !orders_.empty();
}

std::vector<fault_order> fault_orders::in_force(steady_time now) {
  std::lock_guard lock(mutex_);
  drop_healed(now);
  return {orders_.begin(), orders_.end()};
}

fault_orders::hit fault_orders::draw(provider who, steady_time now) {
  hit found;
  if (!any_.load(std::memory_order_relaxed)) return found;
  std::lock_guard lock(mutex_);
  drop_healed(now);
  for (auto& order : orders_) {
    if (!order.matches(who) || order.left == 0U) continue;
    if (order.share < 1.0 && std::uniform_real_distribution<>(0.0, 1.0)(random_) >= order.share) continue;
    if (order.left) --*order.left;
    found.delay += order.delay;
    if (order.only_delays()) continue;
    found.order = order;
    break;
  }
  return found;
}

void fault_orders::drop_healed(steady_time now) {
  std::erase_if(orders_, [&](const fault_order& order) {
    return order.left == 0U || (order.until && *order.until <= now);
  });
  any_ = !orders_.empty();
}

}  // namespace dispatch::sandbox
