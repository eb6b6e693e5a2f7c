// libFuzzer over job documents: fuzz_job_parser tests/fuzz/corpus/job_parser -max_len=4096

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/fuzz/require.hpp"
#include "tests/property/core_job/invariants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string document(reinterpret_cast<const char*>(data), size);
  const auto broken = dispatch::test::broken_invariant(document);
  dispatch::test::require(broken.empty(), broken.c_str());
  return 0;
}
