#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "apps/sandbox/provider.hpp"

namespace dispatch::sandbox {

// What GET /stats shows. Relaxed: the figures need not agree with each other to the last request.
struct counters {
  static constexpr std::size_t max_status = 600;

  std::atomic<std::uint64_t> requests{0};
  std::array<std::atomic<std::uint64_t>, max_status> by_status{};
  std::array<std::atomic<std::uint64_t>, provider_count> by_provider{};
  std::atomic<std::uint64_t> connections_total{0};
  std::atomic<std::int64_t> connections_open{0};
  std::atomic<std::int64_t> streams_open{0};
  std::atomic<std::uint64_t> tokens_issued{0};

  void count(provider who, int status) {
    requests.fetch_add(1, std::memory_order_relaxed);
    by_status[static_cast<std::size_t>(status)].fetch_add(1, std::memory_order_relaxed);
    by_provider[static_cast<std::size_t>(who)].fetch_add(1, std::memory_order_relaxed);
  }
};

}  // namespace dispatch::sandbox
