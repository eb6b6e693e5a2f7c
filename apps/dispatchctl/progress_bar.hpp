#pragma once

// A progress bar as a pure value: fed with counts and times, it answers one line of text. Who draws it where
// is terminal.hpp's concern. Rate is that of the last seconds, so that a stall shows; once all is done it is
// the average of the whole.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace dispatch::ctl {

class progress_bar {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `total` 0 = unknown: count and rate only. `window`: over how long the rate is taken.
  progress_bar(const std::string& label, std::uint64_t total, time_point start,
               std::chrono::milliseconds window = std::chrono::seconds{5});

  /// A count lower than the last, or a time before it, is ignored. Samples are kept for the window, at most
  /// max_samples of them.
  void update(std::uint64_t done, time_point now);
  /// A total that becomes known, or grows, on the way.
  void set_total(std::uint64_t total) { total_ = total; }

  std::uint64_t done() const noexcept { return done_; }
  bool finished() const noexcept { return total_ != 0 && done_ >= total_; }
  double percent() const noexcept;
  /// Units per second; 0 before there is a second sample.
  double rate(time_point now) const noexcept;
  /// Whole seconds, rounded up; negative when it cannot be told.
  std::int64_t eta_seconds(time_point now) const noexcept;

  /// "load [####----]  42.0 %  420/1,000  38/s  ETA 0:15", never longer than `columns` (at least 20): the bar
  /// itself shrinks first, then goes, then the end is cut.
  std::string line(time_point now, std::size_t columns) const;

  static constexpr std::size_t max_samples = 256;

 private:
  struct sample {
    time_point at;
    std::uint64_t done;
  };

  std::string label_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  time_point start_;
  time_point last_;
  std::chrono::milliseconds window_;
  std::deque<sample> samples_;
};

/// 1234567 -> "1,234,567".
std::string grouped(std::uint64_t value);
/// 75 -> "1:15", 4000 -> "1:06:40"; negative -> "--:--".
std::string clock_text(std::int64_t seconds);

}  // namespace dispatch::ctl
