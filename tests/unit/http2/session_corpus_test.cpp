// What the fuzzer found worth keeping, in every ordinary build.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

TEST(http2_session_corpus, breaks_no_invariant) {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(DISPATCH_SOURCE_DIR "/tests/fuzz/corpus/http2_session")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    ++count;
  }
  EXPECT_GE(count, 8u);
}

}  // namespace
