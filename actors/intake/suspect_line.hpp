#pragma once

// What was taken over from a dead process and has not been started here. Any of it may be what killed it, so
// it starts behind marks in storage (suspect_marks): should this process die too, only what was started is to
// blame, and the next process runs that among fewer others, in the end alone. Plain data; belongs to the
// intake.

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "actors/run.hpp"

namespace dispatch {

class suspect_line {
 public:
  /// Of those whose process died while it ran them among many (or some) others, so many are out at most.
  static constexpr std::uint32_t some = 128;
  static constexpr std::uint32_t few = 8;

  /// Some recipients of one run: those from `begin` to `end` that are startable.
  struct part {
    run_ptr owner;
    std::uint32_t begin = 0, end = 0;
    dispatch::company company{};  ///< who is out beside them
  };

  /// `many`: of those with whom no process is known to have died, so many are out at most.
  explicit suspect_line(std::uint32_t many) : most_out_{many, some, few} {}

  void add(const run_ptr& owner);

  /// Somebody is to run alone.
  bool anyone_alone() const noexcept { return !alone_.empty(); }
  /// The next to run alone.
  std::optional<work_item> next_alone();
  /// Who may start beside those that are out, the most suspect first and then in the order of their lanes.
  /// They are out from now on, and recipient_state::suspect until they are over.
  std::vector<part> next_group();
  void over(const suspects_over& count) noexcept;

  /// Recipients that wait here.
  std::uint64_t waiting(lane in) const noexcept { return waiting_[index_of(in)]; }

 private:
  using lines = std::array<std::deque<part>, lane_count>;

  void add(lines& to, const run_ptr& owner, std::uint32_t begin, std::uint32_t end);
  part take(part& from, std::size_t level);
  dispatch::company company_at(std::size_t level, const run& owner) const noexcept;

  std::deque<part> alone_;
  /// By level: how often a process is known to have died with them.
  std::array<lines, company_count> levels_;
  std::array<std::uint32_t, company_count> most_out_;
  std::array<std::uint32_t, company_count> out_{};
  std::array<std::uint64_t, lane_count> waiting_{};
};

}  // namespace dispatch
