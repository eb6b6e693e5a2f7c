#pragma once

// Series of one metric family whose label value comes from outside (a scope, a reason, an app): looked up
// once, kept for good, and never more than a limit of them. Inner header of metrics.cpp.

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

#include "core/types.hpp"

namespace dispatch {

inline constexpr std::size_t max_label_length = 128;

/// A scrape fails as a whole on a label that is not UTF-8, so only plain text becomes one.
inline bool is_plain_label(std::string_view value) noexcept {
  return !value.empty() && value.size() <= max_label_length &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

/// Groups are the family's closed label (provider, lane, …) as an index below `Groups`. Any thread.
template <class Metric, std::size_t Groups = 1>
class bounded_series {
 public:
  using maker = std::function<Metric&(std::size_t group, const std::string& value)>;

  bounded_series(std::size_t most, maker make) : most_(most), make_(std::move(make)) {}

  Metric& at(std::size_t group, std::string_view value) {
    {
      const std::shared_lock lock(mutex_);
      const auto& known = known_[group];
      if (const auto found = known.find(value); found != known.end()) return *found->second;
    }
    return add(group, value);
  }
  /// The same with one limit for all groups: they share their values, and whatever has a series of its own in
  /// one has it in each.
  Metric& among_all(std::size_t group, std::string_view value) {
    bool own = false;
    {
      const std::unique_lock lock(mutex_);
      if (shared_.size() < most_ && is_plain_label(value)) shared_.emplace(value);
      own = shared_.contains(value);
    }
    return at(group, own ? value : "other");
  }
  /// Whether the value has a series of its own.
  bool has(std::size_t group, std::string_view value) const {
    const std::shared_lock lock(mutex_);
    return known_[group].contains(value);
  }

 private:
  Metric& add(std::size_t group, std::string_view value) {
    const std::unique_lock lock(mutex_);
    auto& known = known_[group];
    const std::string name(is_plain_label(value) && known.size() < most_ ? value : "other");
    const auto found = known.find(name);
    if (found != known.end()) return *found->second;
    auto& made = make_(group, name);
    known.emplace(name, &made);
    return made;
  }

  std::size_t most_;
  maker make_;
  mutable std::shared_mutex mutex_;
  std::array<std::map<std::string, Metric*, std::less<>>, Groups> known_;
  std::set<std::string, std::less<>> shared_;  ///< of among_all()
};

/// Gauges of scopes: `other` shows the highest of all that have none of their own, so that an alert on a bad
/// state sees theirs too. Any thread.
template <class Gauge>
class worst_gauges {
 public:
  worst_gauges(std::size_t most, typename bounded_series<Gauge>::maker make)
      : series_(most, std::move(make)) {}

  void set(std::string_view value, double level) {
    auto& gauge = series_.at(0, value);
    if (series_.has(0, value)) return gauge.Set(level);
    const std::unique_lock lock(mutex_);
    if (level == 0) {
      raised_.erase(std::string(value));
    } else if (raised_.size() < max_raised) {
      raised_.insert_or_assign(std::string(value), level);
    }
    double worst = 0;
    for (const auto& [name, each] : raised_) worst = std::max(worst, each);
    gauge.Set(worst);
  }

 private:
  static constexpr std::size_t max_raised = 10'000;

  bounded_series<Gauge> series_;
  std::mutex mutex_;
  std::map<std::string, double> raised_;  ///< without a series of their own, and not 0
};

}  // namespace dispatch
