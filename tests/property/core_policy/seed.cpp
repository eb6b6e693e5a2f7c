#include "tests/property/core_policy/seed.hpp"

#include <cstdlib>
#include <iostream>
#include <string>

namespace dispatch::test {
namespace {

std::uint64_t choose() {
  const char* const given = std::getenv("DISPATCH_SEED");
  const auto chosen = given != nullptr ? std::stoull(given) : std::uint64_t{std::random_device{}()};
  std::cout << "DISPATCH_SEED=" << chosen << std::endl;
  return chosen;
}

}  // namespace

std::uint64_t seed() {
  static const std::uint64_t value = choose();
  return value;
}

}  // namespace dispatch::test
