#include "actors/smtp_channel.hpp"

#include <atomic>
#include <utility>

#include "actors/flight_table.hpp"

namespace dispatch {

struct smtp_channel::state : std::enable_shared_from_this<state> {
  state(io_thread& loop, smtp_channel_options&& options, channel_callbacks&& calls)
      : loop_thread(loop), flights(options.scope, std::move(calls.completed)) {
    smtp::pool_callbacks pool_calls;
    pool_calls.completed = [this](std::vector<provider_answer>&& answers) {
      flights.deliver(std::move(answers));
      count();
    };
    pool_calls.event = std::move(calls.connection);
    connections = std::make_unique<smtp::pool>(loop, std::move(options.pool), std::move(pool_calls));
  }

  void submit(std::vector<outgoing> items, std::vector<local_end> ends) {
    flights.end_here(std::move(ends));
    if (items.empty()) return;
    connections->submit(flights.take(std::move(items)));
    // Messages are started at the end of the loop's turn: only then is what still waits known.
    loop_thread.post([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->count();
    });
  }

  void count() {
    if (connections) waiting.store(connections->stats().waiting, std::memory_order_relaxed);
  }

  io_thread& loop_thread;
  flight_table flights;
  std::unique_ptr<smtp::pool> connections;  ///< null once closed
  std::atomic<std::uint64_t> waiting{0};
};

smtp_channel::smtp_channel(std::shared_ptr<io_thread> thread, smtp_channel_options options,
                           channel_callbacks callbacks)
    : thread_(std::move(thread)),
      concurrency_(options.concurrency),
      state_(std::make_shared<state>(*thread_, std::move(options), std::move(callbacks))) {}

smtp_channel::~smtp_channel() = default;

void smtp_channel::warm_up() {
  thread_->post([self = state_] {
    if (self->connections) self->connections->warm_up();
  });
}

void smtp_channel::submit(std::vector<outgoing> items, std::vector<local_end> ends) {
  auto load = std::make_shared<std::pair<std::vector<outgoing>, std::vector<local_end>>>(std::move(items),
                                                                                         std::move(ends));
  thread_->post([self = state_, load] {
    if (self->connections) self->submit(std::move(load->first), std::move(load->second));
  });
}

void smtp_channel::recall() {
  thread_->post([self = state_] {
    if (self->connections) self->connections->recall();
  });
}

void smtp_channel::credential_refused(std::shared_ptr<const header_list>, bool) {}

void smtp_channel::replace_password(std::string username, std::string password) {
  thread_->post([self = state_, username = std::move(username), password = std::move(password)] {
    if (self->connections) self->connections->replace_password(username, password);
  });
}

void smtp_channel::repeat_unclaimed() {
  thread_->post([self = state_] { self->flights.repeat_unclaimed(); });
}

void smtp_channel::close() {
  thread_->run([self = state_] {
    self->connections.reset();
    self->flights.clear();
  });
}

std::uint64_t smtp_channel::in_flight() const noexcept {
  return state_->flights.in_flight();
}

std::uint64_t smtp_channel::waiting() const noexcept {
  return state_->waiting.load(std::memory_order_relaxed);
}

}  // namespace dispatch
