#pragma once

// Allocations beside nanoseconds: a benchmark's loop is bracketed by counts of operator new. Include it in
// one translation unit of the executable.

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>

namespace dispatch::bench {

/// Made by this process so far.
std::atomic<std::uint64_t>& allocations();

/// Reports "allocs": allocations an item, over its lifetime.
class allocation_counter {
 public:
  allocation_counter(benchmark::State& state, double items_per_iteration)
      : state_(state), items_(items_per_iteration), before_(allocations().load()) {}
  ~allocation_counter() {
    const auto made = double(allocations().load() - before_);
    state_.counters["allocs"] = made / (double(state_.iterations()) * items_);
    state_.SetItemsProcessed(static_cast<std::int64_t>(double(state_.iterations()) * items_));
  }
  allocation_counter(const allocation_counter&) = delete;
  allocation_counter& operator=(const allocation_counter&) = delete;

 private:
  benchmark::State& state_;
  double items_;
  std::uint64_t before_;
};

}  // namespace dispatch::bench
