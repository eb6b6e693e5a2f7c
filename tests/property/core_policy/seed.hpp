#pragma once

// Random numbers of the property tests. The seed is printed once; DISPATCH_SEED=N runs that one again.

#include <cstdint>
#include <random>

namespace dispatch::test {

std::uint64_t seed();

/// A generator of its own per test, so that a failing test repeats alone.
class dice {
 public:
  explicit dice(std::uint64_t salt) : engine_{seed() ^ (salt * 0x9e3779b97f4a7c15U)} {}

  /// Uniform in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>{low, high}(engine_);
  }
  bool one_in(std::int64_t n) { return between(1, n) == 1; }
  /// Uniform in [0, 1).
  double unit() { return std::uniform_real_distribution<double>{}(engine_); }
  std::uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace dispatch::test
