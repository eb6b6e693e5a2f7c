#include "apps/dispatchctl/interrupt.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace dispatch::ctl {
namespace {

sigset_t handled() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

interrupt::interrupt() {
  auto set = handled();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

interrupt::~interrupt() {
  ::close(fd_);
  auto set = handled();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool interrupt::wait_until(std::chrono::steady_clock::time_point deadline) {
  using std::chrono::nanoseconds;
  while (!requested_) {
    auto now = std::chrono::steady_clock::now();
    auto left = deadline > now ? std::chrono::duration_cast<nanoseconds>(deadline - now) : nanoseconds{0};
    timespec span{};
    span.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
    span.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    pollfd ask{fd_, POLLIN, 0};
    if (::ppoll(&ask, 1, &span, nullptr) > 0) {
      signalfd_siginfo info{};
      // Read, so that the signal is not delivered once more when the mask is lifted.
      requested_ = ::read(fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info);
    } else if (std::chrono::steady_clock::now() >= deadline) {
      break;
    }
  }
  return requested_;
}

}  // namespace dispatch::ctl
