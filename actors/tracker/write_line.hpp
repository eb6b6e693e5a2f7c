#pragma once

// The checkpoints on their way to storage: the one being gathered, the one being written, and what had to be
// set aside. Plain data; belongs to the tracker.

#include <memory>
#include <optional>

#include "actors/tracker/checkpoint_builder.hpp"
#include "actors/tracker/set_aside.hpp"

namespace dispatch {

class write_line {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `config` outlives it.
  explicit write_line(const live_settings& config) : config_(config), builder_(config) {}

  checkpoint_builder& builder() noexcept { return builder_; }
  /// Being written; null = nothing is.
  const std::shared_ptr<const checkpoint>& content() const noexcept { return writing_.content; }
  /// Its number: of what was refused as a whole the next content takes it over.
  std::uint64_t sequence() const noexcept { return sequence_; }
  bool any_aside() const noexcept { return !aside_.empty(); }

  /// What the intake need no longer wait for, and tokens that may be marked now.
  struct left {
    confirmed news;
    dead_tokens dead;
    bool any() const noexcept {
      return news.recipients > 0 || news.settled > 0 || news.suspects != suspects_over{};
    }
  };
  /// While nothing is being written: takes up what is next. An answer without content() says of what went
  /// aside, and another call is due; nullopt when there is content, or nothing at all.
  std::optional<left> begin(epoch_ms wall, time_point now);
  /// Storage has it.
  left written(time_point now);
  bool concerned(const unusable_parts& unusable) const {
    return !units_needing({writing_.content, writing_.tags}, unusable).empty();
  }
  /// Storage has refused it for these, which concern it. Nullopt: write what is left of it. Otherwise nothing
  /// is.
  std::optional<left> leave_out(const unusable_parts& unusable, time_point now);

 private:
  void put_aside(tagged_checkpoint&& what, bool held);
  left over();

  const live_settings& config_;
  checkpoint_builder builder_;
  checkpoint_builder::sealed writing_;
  set_aside aside_;
  bool retrying_ = false;  ///< what is being written was aside
  std::uint64_t sequence_ = 0;
};

}  // namespace dispatch
