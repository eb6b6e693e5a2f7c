// libFuzzer over the line a parked rest carries: fuzz_resume tests/fuzz/corpus/resume -max_len=4096

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/job/resume.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using dispatch::test::require;
  const auto state = dispatch::decode_resume({reinterpret_cast<const char*>(data), size});
  if (!state) return 0;
  require(state->indices.size() == state->attempts.size(), "recipients without attempts");
  require(state->indices.size() <= 10'000, "more recipients than a job may have");
  const auto line = dispatch::encode(*state);
  const auto again = dispatch::decode_resume(line);
  require(again.has_value(), "what was encoded cannot be decoded");
  require(again->stored_at == state->stored_at && again->has_hash == state->has_hash, "a field changed");
  require(again->indices == state->indices && again->attempts == state->attempts, "a recipient changed");
  require(dispatch::encode(*again) == line, "two lines for one state");
  return 0;
}
