#pragma once

// The event loop under the store: a thread of its own (start), or driven by the caller (run_until). Hides
// Asio.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace dispatch::redis {

class loop {
 public:
  loop();
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  /// Runs on its own thread until stop().
  void start(std::string thread_name);
  /// Ends the thread after the task that runs now; tasks still queued are dropped.
  void stop();
  /// Without start(): runs tasks on the caller's thread until `done` or the time is over. Answers done().
  bool run_until(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& done);

  /// Any thread; tasks posted by one thread run in their order.
  void post(std::function<void()> task);
  boost::asio::io_context& context() noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// One shot; loop thread only. A new after() replaces the one that waits.
class timer {
 public:
  explicit timer(loop& where);
  ~timer();
  void after(std::chrono::milliseconds delay, std::function<void()> task);
  void cancel();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch::redis
