#include "api/limits/address_limiter.hpp"

#include <algorithm>

namespace dispatch {
namespace {

/// The part of an address that one subscriber cannot change: all of IPv4, the first 64 bits of IPv6.
std::string key_of(const ip_address& from) {
  const auto& bytes = from.bytes();
  return {bytes.begin(), from.is_v4() ? bytes.end() : bytes.begin() + 8};
}

}  // namespace

address_limiter::address_limiter(address_limiter_options options)
    : interval_(std::chrono::nanoseconds(std::chrono::minutes(1)) /
                std::max<std::int64_t>(options.failures_per_minute, 1)),
      most_(interval_ * std::max<std::int64_t>(options.burst, 1)),
      max_addresses_(std::max<std::size_t>(options.max_addresses, 1)) {}

std::chrono::milliseconds address_limiter::wait_of(const ip_address& from, time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(key_of(from));
  if (found == known_.end()) return std::chrono::milliseconds{0};
  const auto wait = found->second->empty_until - now - most_ + interval_;
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(wait), std::chrono::milliseconds{0});
}

void address_limiter::failed(const ip_address& from, time_point now) {
  const std::lock_guard lock(mutex_);
  auto key = key_of(from);
  const auto found = known_.find(key);
  if (found != known_.end()) {
    by_age_.splice(by_age_.begin(), by_age_, found->second);
  } else {
    if (known_.size() >= max_addresses_) {
      known_.erase(by_age_.back().address);
      by_age_.pop_back();
    }
    by_age_.push_front({key, now});
    known_.emplace(std::move(key), by_age_.begin());
  }
  auto& debt = by_age_.front().empty_until;
  debt = std::min(std::max(debt, now) + interval_, now + most_);
}

std::size_t address_limiter::addresses() const {
  const std::lock_guard lock(mutex_);
  return known_.size();
}

}  // namespace dispatch
