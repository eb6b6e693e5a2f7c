#pragma once

// How many lines of one event name a second may be written. Inner header of log.cpp; not thread safe.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::log {

class line_cap {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit line_cap(std::uint32_t per_second = 200, std::size_t max_names = 256)
      : per_second_(per_second), max_names_(max_names) {}

  /// Nothing: leave the line out. Otherwise how many lines of this name were left out since the last one.
  std::optional<std::uint64_t> admit(std::string_view name, time_point now) {
    auto& entry = find(name);
    if (now - entry.since >= std::chrono::seconds(1)) {
      entry.since = now;
      entry.lines = 0;
    }
    if (entry.lines >= per_second_) {
      ++entry.dropped;
      return std::nullopt;
    }
    ++entry.lines;
    const auto dropped = entry.dropped;
    entry.dropped = 0;
    return dropped;
  }

 private:
  struct counts {
    time_point since{};
    std::uint32_t lines = 0;
    std::uint64_t dropped = 0;
  };

  // Names are literals in our code, so the bound is a guard: what is beyond it shares one allowance.
  counts& find(std::string_view name) {
    if (const auto found = names_.find(name); found != names_.end()) return found->second;
    return names_.size() < max_names_ ? names_[std::string(name)] : rest_;
  }

  std::uint32_t per_second_;
  std::size_t max_names_;
  std::map<std::string, counts, std::less<>> names_;
  counts rest_;
};

}  // namespace dispatch::log
