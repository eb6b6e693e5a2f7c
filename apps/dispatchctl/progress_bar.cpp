#include "apps/dispatchctl/progress_bar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/printable.hpp"

namespace dispatch::ctl {
namespace {

constexpr std::size_t widest_bar = 30;
constexpr std::size_t narrowest_bar = 8;
constexpr std::size_t narrowest_line = 20;

double seconds(std::chrono::steady_clock::duration span) {
  return std::chrono::duration<double>(span).count();
}

std::string rate_text(double rate) {
  if (rate < 100) return fmt::format("{:.1f}/s", rate);
  return grouped(static_cast<std::uint64_t>(std::llround(rate))) + "/s";
}

}  // namespace

std::string grouped(std::uint64_t value) {
  auto digits = std::to_string(value);
  for (auto at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string clock_text(std::int64_t seconds) {
  if (seconds < 0) return "--:--";
  auto minutes = seconds / 60;
  if (minutes < 60) return fmt::format("{}:{:02}", minutes, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", minutes / 60, minutes % 60, seconds % 60);
}

progress_bar::progress_bar(const std::string& label, std::uint64_t total, time_point start,
                           std::chrono::milliseconds window)
    : label_(printable(label)), total_(total), start_(start), last_(start), window_(window) {
  samples_.push_back({start, 0});
}

void progress_bar::update(std::uint64_t done, time_point now) {
  if (done < done_ || now < last_) return;
  done_ = done;
  last_ = now;
  // One sample before the window's edge stays, or a slow source would have no rate between two updates.
  while (samples_.size() > 1 && now - samples_[1].at >= window_) samples_.pop_front();
  if (samples_.size() == max_samples) samples_.erase(samples_.begin() + 1);
  samples_.push_back({now, done});
}

double progress_bar::percent() const noexcept {
  if (total_ == 0) return 0;
  return 100.0 * static_cast<double>(std::min(done_, total_)) / static_cast<double>(total_);
}

double progress_bar::rate(time_point now) const noexcept {
  if (samples_.size() < 2) return 0;
  if (finished()) {
    auto whole = seconds(last_ - start_);
    return whole > 0 ? static_cast<double>(done_) / whole : 0;
  }
  // Up to now, not up to the last update: a source that stopped answering shows as a falling rate.
  auto span = seconds(std::max(now, last_) - samples_.front().at);
  return span > 0 ? static_cast<double>(done_ - samples_.front().done) / span : 0;
}

std::int64_t progress_bar::eta_seconds(time_point now) const noexcept {
  if (total_ == 0) return -1;
  if (finished()) return 0;
  auto current = rate(now);
  if (current <= 0) return -1;
  auto left = std::ceil(static_cast<double>(total_ - done_) / current);
  return left < 1e9 ? static_cast<std::int64_t>(left) : -1;
}

std::string progress_bar::line(time_point now, std::size_t columns) const {
  columns = std::max(columns, narrowest_line);
  auto elapsed = static_cast<std::int64_t>(seconds(std::max(now, last_) - start_));
  std::string text;
  if (total_ == 0) {
    text = fmt::format("{}  {}  {}  {}", label_, grouped(done_), rate_text(rate(now)), clock_text(elapsed));
  } else {
    auto tail = finished() ? "in " + clock_text(elapsed) : "ETA " + clock_text(eta_seconds(now));
    // Cut, not rounded: 100 % is said only when it is so.
    auto shown = std::floor(percent() * 10) / 10;
    text = fmt::format("  {:5.1f} %  {}/{}  {}  {}", shown, grouped(done_), grouped(total_),
                       rate_text(rate(now)), tail);
    auto used = label_.size() + text.size() + 3;
    auto room = columns > used ? columns - used : 0;
    if (room >= narrowest_bar) {
      auto width = std::min(room, widest_bar);
      auto filled = static_cast<std::size_t>(percent() / 100 * static_cast<double>(width));
      text = fmt::format("{} [{}{}]{}", label_, std::string(filled, '#'), std::string(width - filled, '-'),
                         text);
    } else {
      text = label_ + text;
    }
  }
  if (text.size() <= columns) return text;
  // A cut may go through a character.
  text.resize(columns);
  return printable(text);
}

}  // namespace dispatch::ctl
