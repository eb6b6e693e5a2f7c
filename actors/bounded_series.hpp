#pragma once

// Series of one metric family whose label value comes from outside (a scope, a reason, an app): looked up
// once, kept for good, and never more than a limit of them. Inner header of metrics.cpp.

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
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
  std::shared_mutex mutex_;
  std::array<std::map<std::string, Metric*, std::less<>>, Groups> known_;
};

}  // namespace dispatch
