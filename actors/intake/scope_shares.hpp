#pragma once

// A job's recipients, sorted out by scope: a few for most jobs, thousands when each lives at an origin of its
// own. Linear in the recipients either way. Plain data; belongs to the intake.

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "actors/messages.hpp"

namespace dispatch {

class scope_shares {
 public:
  struct share {
    scope_number scope = 0;
    std::vector<std::uint32_t> positions;  ///< never tried
    std::vector<work_item> retries;
  };

  /// Good until the next call.
  share& of(scope_number scope) {
    if (!shares_.empty() && shares_[latest_].scope == scope) return shares_[latest_];
    const auto [at, fresh] = places_.try_emplace(scope, shares_.size());
    if (fresh) shares_.push_back({scope, {}, {}});
    latest_ = at->second;
    return shares_[latest_];
  }

  /// In the order of their first recipients.
  std::vector<share>& all() noexcept { return shares_; }

 private:
  std::vector<share> shares_;
  boost::unordered_flat_map<scope_number, std::size_t> places_;
  std::size_t latest_ = 0;
};

}  // namespace dispatch
