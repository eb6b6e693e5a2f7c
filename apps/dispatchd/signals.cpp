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
  action_ = std::move(action);
  if (action_ && received_ > 0) action_();
}

void signal_watch::watch() {
  const auto set = watched();
  while (true) {
    const int which = sigwaitinfo(&set, nullptr);
    if (which == stop_signal) return;
    if (which == SIGTERM || which == SIGINT) terminate();
  }
}

void signal_watch::terminate() {
  std::scoped_lock lock(guard_);
  // Whoever asks twice does not want to wait for the drain.
  if (++received_ > 1) _exit(1);
  if (action_) action_();
}

}  // namespace dispatch
