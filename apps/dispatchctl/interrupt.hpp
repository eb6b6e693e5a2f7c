#pragma once

// Ctrl-C and SIGTERM as something to ask for, so that a long command can stop at a place of its choosing and
// still report what it did. Also the program's only way to wait for a time: such a wait ends at once on a
// signal.

#include <chrono>

namespace dispatch::ctl {

class interrupt {
 public:
  /// Takes the signals over for the process; one instance at a time. Throws std::system_error.
  interrupt();
  ~interrupt();
  interrupt(const interrupt&) = delete;
  interrupt& operator=(const interrupt&) = delete;

  bool requested() { return wait_until(std::chrono::steady_clock::time_point::min()); }
  /// True when a signal came, before or during the wait.
  bool wait_until(std::chrono::steady_clock::time_point deadline);

 private:
  int fd_;
  bool requested_ = false;
};

}  // namespace dispatch::ctl
