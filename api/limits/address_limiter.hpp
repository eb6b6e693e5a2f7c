#pragma once

// How many wrong credentials an address may try: a bucket per IPv4 address or IPv6 /64 (what one subscriber
// has), debited by failures only, so that a busy producer never meets it. In this process's memory, which is
// bounded.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "api/address_list.hpp"

namespace dispatch {

struct address_limiter_options {
  std::uint32_t failures_per_minute = 60;
  std::uint32_t burst = 20;            ///< failures at once
  std::size_t max_addresses = 16'384;  ///< more: the one whose last failure is longest ago is forgotten
};

/// Any thread.
class address_limiter {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit address_limiter(address_limiter_options options = {});

  /// How long the address has to wait before its next request is looked at; 0: not at all.
  std::chrono::milliseconds wait_of(const ip_address& from, time_point now) const;
  /// Its credential was wrong.
  void failed(const ip_address& from, time_point now);
  std::size_t addresses() const;

 private:
  struct bucket {
    std::string address;
    time_point empty_until;  ///< when the whole debt is paid back
  };

  const std::chrono::nanoseconds interval_;  ///< what one failure costs
  const std::chrono::nanoseconds most_;      ///< the debt from which on requests wait
  const std::size_t max_addresses_;
  mutable std::mutex mutex_;
  std::list<bucket> by_age_;  ///< the latest failure first
  std::unordered_map<std::string, std::list<bucket>::iterator> known_;
};

}  // namespace dispatch
