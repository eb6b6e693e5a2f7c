#include "apps/dispatchd/signals.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

namespace dispatch {
namespace {

// Ends the watch itself; no other use of it.
constexpr int stop_signal = SIGUSR2;

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (int each : {SIGTERM, SIGINT, SIGHUP, stop_signal}) sigaddset(&set, each);
  return set;
}

}  // namespace

signal_watch::signal_watch() {
  const auto set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread([this] { watch(); });
}

signal_watch::~signal_watch() {
  pthread_kill(thread_.native_handle(), stop_signal);
  thread_.join();
}

void signal_watch::on_terminate(std::function<void()> action) {
  std::scoped_lock lock(guard_);
  terminate_ = std::move(action);
  if (terminate_ && terminations_ > 0) terminate_();
}

void signal_watch::on_reload(std::function<void()> action) {
  std::scoped_lock lock(guard_);
  reload_ = std::move(action);
  if (reload_ && std::exchange(reload_asked_, false)) reload_();
}

void signal_watch::watch() {
  const auto set = watched();
  while (true) {
    const int which = sigwaitinfo(&set, nullptr);
    if (which == stop_signal) return;
    if (which == SIGTERM || which == SIGINT) terminate();
    if (which == SIGHUP) reload();
  }
}

void signal_watch::terminate() {
  std::scoped_lock lock(guard_);
  // Whoever asks twice does not want to wait for the drain.
  if (++terminations_ > 1) _exit(1);
  if (terminate_) terminate_();
}

void signal_watch::reload() {
  std::scoped_lock lock(guard_);
  reload_asked_ = !reload_;
  if (reload_) reload_();
}

}  // namespace dispatch
