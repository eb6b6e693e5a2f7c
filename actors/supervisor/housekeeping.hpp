#pragma once

// The supervisor's periodic duties: the lease, what became due, who lapsed, samples for the metrics.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/parts.hpp"

namespace dispatch {

/// Takes the lease, renews it by one write every sixth of its length (two in a row may fail, and a third
/// tells others that Redis serves), and gives it back.
class lease_keeper {
 public:
  explicit lease_keeper(std::shared_ptr<const engine_parts> parts) : parts_(std::move(parts)) {}

  enum class news : std::uint8_t { none, acquired, fenced, refused };

  void acquire();
  news answered(const lease_answer& answer, std::chrono::steady_clock::time_point now);
  void on_tick(std::chrono::steady_clock::time_point now);
  bool held() const noexcept { return held_; }
  /// Why the lease was neither given nor renewed when that was asked last; empty: it was.
  const std::string& problem() const noexcept { return problem_; }
  /// Calls back in any case, also when Redis is away.
  void release(std::function<void()> then);

 private:
  void renew();

  std::shared_ptr<const engine_parts> parts_;
  std::chrono::steady_clock::time_point renewed_at_{};
  bool held_ = false;
  bool asking_ = false;
  std::string problem_;
};

class housekeeping {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  void on_tick(const engine_parts& parts, time_point now, bool draining);
  void look_for_lapsed(const engine_parts& parts);

 private:
  void move_due(const engine_parts& parts);
  void sample(const engine_parts& parts);
  static void sample_channels(const engine_parts& parts);

  time_point due_moved_{}, looked_{}, sampled_{};
  using kinds = std::vector<std::string>;
  std::shared_ptr<kinds> spoiled_ = std::make_shared<kinds>();  ///< keys that held what they should not
  std::shared_ptr<std::optional<std::uint64_t>> posts_dropped_ =
      std::make_shared<std::optional<std::uint64_t>>();
};

}  // namespace dispatch
