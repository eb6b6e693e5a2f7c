#pragma once

// Time as the actors see it, so that tests can bring their own.

#include <chrono>

#include "core/job/job.hpp"

namespace dispatch {

class clock {
 public:
  virtual ~clock() = default;
  virtual std::chrono::steady_clock::time_point now() const { return std::chrono::steady_clock::now(); }
  /// Milliseconds since the Unix epoch.
  virtual epoch_ms wall() const {
    return std::chrono::duration_cast<epoch_ms>(std::chrono::system_clock::now().time_since_epoch());
  }
};

}  // namespace dispatch
