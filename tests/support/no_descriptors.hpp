#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <vector>

namespace dispatch::test {

/// While it lives this process has no descriptor left.
class no_descriptors {
 public:
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few{64, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int next = ::dup(0); next >= 0; next = ::dup(0)) taken_.push_back(next);
  }
  ~no_descriptors() {
    for (const int each : taken_) ::close(each);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  /// One may be opened again.
  void give_back_one() {
    ::close(taken_.back());
    taken_.pop_back();
  }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

}  // namespace dispatch::test
