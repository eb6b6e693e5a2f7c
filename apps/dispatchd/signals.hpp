#pragma once

// Signals as events: blocked in every thread, taken by one of our own with sigwaitinfo. Make it before any
// other thread is started, so that they inherit the mask.

#include <functional>
#include <mutex>
#include <thread>

namespace dispatch {

class signal_watch {
 public:
  signal_watch();
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  /// SIGTERM or SIGINT, each time one comes; on the watch's thread. Null: ignored. One that came before is
  /// delivered at once. A second one ends the process with exit code 1 if the first is still being served.
  void on_terminate(std::function<void()> action);
  /// SIGHUP; on the watch's thread. One that came before is delivered at once.
  void on_reload(std::function<void()> action);

 private:
  void watch();
  void terminate();
  void reload();

  std::mutex guard_;
  std::function<void()> terminate_, reload_;
  int terminations_ = 0;
  bool reload_asked_ = false;
  std::thread thread_;
};

}  // namespace dispatch
