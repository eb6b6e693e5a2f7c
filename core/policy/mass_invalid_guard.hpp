#pragma once

// Doubts a provider that suddenly calls many tokens dead: its fault, or a wrong setting of ours, must not
// wipe a producer's token table. One per scope. Memory is constant. One owner thread.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dispatch {

/// Why a breaker is forced open, and why a recipient ended quarantined, when the guard has tripped. It stands
/// in NS:breaker:SCOPE, where every process (and the operators' scripts) finds it.
inline constexpr std::string_view mass_invalid_reason = "mass_invalid";

struct mass_invalid_settings {
  /// More than this share dead is not believed. In [0, 1]; 1 = never doubts.
  double max_share = 0.2;
  /// Judged are the latest sends that make up at least so many; with fewer everything is believed. At
  /// least 1.
  std::uint64_t least_sends = 1'000;
  /// Older ones say nothing about how the provider is now.
  std::chrono::milliseconds max_age{std::chrono::hours{1}};
};

/// Counted by sends, not by time: of a provider that answers 10,000 a minute, a share over ten minutes would
/// release 20,000 tokens before it looked wrong; the latest thousand release some two hundred.
class mass_invalid_guard {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit mass_invalid_guard(const mass_invalid_settings& settings = {});

  /// `sends` answered, `dead` of them (more count as all) with a dead token. True: believe those; false: the
  /// guard has tripped, now or before, and they end quarantined.
  bool record(std::uint64_t sends, std::uint64_t dead, time_point now);

  /// Another process's guard has tripped: this one has too.
  void trip() noexcept { tripped_ = true; }
  /// From the trip until reset().
  bool tripped() const noexcept { return tripped_; }
  /// What the operator decided: nothing is counted any more. Whoever accepted the dead tokens as dead wants
  /// the rest of that table to pass too: nothing trips before `quiet_until`.
  void reset(time_point quiet_until = {});

  struct counts {
    std::uint64_t sends = 0, dead = 0;
  };
  /// The sends that are judged.
  counts recent(time_point now) const noexcept;

 private:
  // A slice is closed once it holds a tenth of least_sends, so ten and the open one hold enough.
  static constexpr std::size_t slices = 12;
  struct slice {
    counts held;
    time_point begun{};
  };

  mass_invalid_settings settings_;
  std::uint64_t slice_size_;
  std::array<slice, slices> ring_{};
  std::size_t newest_ = 0;
  time_point quiet_until_{};
  bool tripped_ = false;
};

}  // namespace dispatch
