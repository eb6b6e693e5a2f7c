#pragma once

// Metrics of what the process is short of: memory for requests, places for origins, the system's resources,
// the right time. A part of actors/metrics.hpp. Counts are given as what they have come to. Any thread.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace dispatch {

class pressure_metrics {
 public:
  pressure_metrics();
  ~pressure_metrics();
  pressure_metrics(const pressure_metrics&) = delete;
  pressure_metrics& operator=(const pressure_metrics&) = delete;

  /// Of requests rendered and not answered yet.
  void rendered_bytes(std::uint64_t held);
  /// Scopes there are, and how often an origin found no room for another.
  void scopes(std::uint64_t in_use, std::uint64_t refused);
  /// `resource`: one of a fixed set.
  void shortage(std::string_view resource, std::uint64_t count);

  /// How far Redis's clock is ahead of this machine's.
  void clock_offset(std::chrono::microseconds redis_ahead);

  std::string exposition() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dispatch
