// What the pool does because time passed: one timer, running only while something is in flight, waiting,
// being opened or may be closed for idleness.

#include <algorithm>

#include "transport/http2/pool_state.hpp"

namespace dispatch::http2 {
namespace {

constexpr std::chrono::milliseconds tick_span{25};

}  // namespace

bool pool::state::has_work() const noexcept {
  if (in_flight != 0 || waiting_count != 0 || wanted_ahead) return true;
  // A connection being opened or on its way out has limits of its own to be held to.
  return std::any_of(connections.begin(), connections.end(),
                     [](const auto& c) { return !c->usable() || c->load() != 0; });
}

void pool::state::arm(clock::time_point now) {
  auto next = now + tick_span;
  if (!has_work()) {
    if (options.idle_timeout.count() == 0 || connections.empty()) return;
    next = now + options.idle_timeout;
  }
  // What is armed for the idle time must not hold up the tick of new work.
  if (next >= armed_for) return;
  armed_for = next;
  timer.expires_at(next);
  timer.async_wait([self = shared_from_this(), number = ++armings](const boost::system::error_code&) {
    if (number == self->armings && !self->closed) self->tick();
  });
}

void pool::state::tick() {
  armed_for = clock::time_point::max();
  const auto now = clock::now();
  expire(now);
  end_rests(now);
  for (const auto& each : connections) each->tick(now);
  close_idle(now);
  wake();
}

void pool::state::expire(clock::time_point now) {
  std::vector<timed*> due;
  wheel.expire(now, due);
  for (auto* item : due) {
    auto& x = static_cast<exchange&>(*item);
    auto& list = list_of(x);
    if (x.via != nullptr) x.via->cancel(x);
    const bool known = x.via != nullptr && x.on_wire;
    finish(list, x, known ? failure::timeout : failure::not_sent, now);
  }
}

void pool::state::end_rests(clock::time_point now) {
  for (auto it = resting.begin(); it != resting.end();) {
    auto& x = *it++;
    if (x.rest_until <= now) wait_again(resting, x);
  }
}

void pool::state::close_idle(clock::time_point now) {
  if (options.idle_timeout.count() == 0) return;
  for (const auto& each : connections)
    if (each->usable() && each->load() == 0 && now - each->idle_since() >= options.idle_timeout)
      each->retire();
}

}  // namespace dispatch::http2
