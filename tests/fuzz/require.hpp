#pragma once

#include <cstdio>
#include <cstdlib>

namespace dispatch::test {

/// Ends the process when an invariant is broken: that is how libFuzzer is told.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace dispatch::test
