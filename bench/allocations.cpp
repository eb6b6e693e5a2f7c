#include "bench/allocations.hpp"

#include <cstdlib>
#include <new>

namespace dispatch::bench {

std::atomic<std::uint64_t>& allocations() {
  static std::atomic<std::uint64_t> count{0};
  return count;
}

}  // namespace dispatch::bench

void* operator new(std::size_t size) {
  dispatch::bench::allocations().fetch_add(1, std::memory_order_relaxed);
  if (void* at = std::malloc(size == 0 ? 1 : size)) return at;
  throw std::bad_alloc();
}
void operator delete(void* at) noexcept {
  std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
  std::free(at);
}
