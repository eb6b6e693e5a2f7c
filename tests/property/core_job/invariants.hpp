#pragma once

// What must hold for any bytes given to the job parser. Shared by the property tests and the fuzzer.

#include <string>

namespace dispatch::test {

/// Parses `document` and, when it is taken, cuts it down and parses that again, and renders it. Returns what
/// was broken, "" when nothing was.
std::string broken_invariant(const std::string& document);

}  // namespace dispatch::test
