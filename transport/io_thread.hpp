#pragma once

// A thread with an event loop. It owns the sockets created on it: everything that says "io thread" in this
// folder is called there. Hides Asio, so that actors can post work without seeing it.

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace dispatch {

class io_thread {
 public:
  /// Starts at once; `name` is what the operating system shows (15 characters at most).
  explicit io_thread(std::string name);
  /// Stops and joins.
  ~io_thread();
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  /// Any thread. Tasks run in the order posted by one thread. After stop() they are dropped.
  void post(std::function<void()> task);
  /// Runs `task` on the thread and waits for it; for start-up and shut-down only. Never from the thread.
  void run(const std::function<void()>& task);
  /// Ends the loop after the task that runs now, and joins. Not from the thread itself.
  void stop();

  boost::asio::io_context& context() noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dispatch
