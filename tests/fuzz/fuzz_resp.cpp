// libFuzzer over Redis's replies: fuzz_resp tests/fuzz/corpus/resp -max_len=4096
//
// First byte: how long the pieces are in which the rest arrives. However it is cut, the replies are the same.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "storage/redis/resp.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using dispatch::redis::reply;
using dispatch::redis::reply_reader;
using dispatch::test::require;

bool same(const reply& a, const reply& b) {
  return a.type == b.type && a.integer == b.integer && a.text == b.text &&
         std::equal(a.elements.begin(), a.elements.end(), b.elements.begin(), b.elements.end(), same);
}

/// An array of a million costs memory for each run and reaches no new code; resp_test.cpp has the bound.
bool claims_large_array(std::string_view bytes) {
  for (auto at = bytes.find('*'); at != bytes.npos; at = bytes.find('*', at + 1)) {
    const auto digits = bytes.substr(at + 1, 5);
    if (digits.size() == 5 && digits.find_first_not_of("0123456789+-") == digits.npos) return true;
  }
  return false;
}

struct outcome {
  std::vector<reply> replies;
  bool failed = false;
};

outcome read(std::string_view bytes, std::size_t step) {
  outcome out;
  reply_reader reader;
  for (std::size_t at = 0; at < bytes.size() && !reader.failed(); at += step) {
    if (!reader.feed(bytes.substr(at, step))) break;
    while (auto one = reader.next()) out.replies.push_back(std::move(*one));
  }
  out.failed = reader.failed();
  if (out.failed) require(!reader.next() && !reader.error().empty(), "a failure without a word");
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (claims_large_array(bytes)) return 0;
  const auto whole = read(bytes, bytes.size());
  const auto pieces = read(bytes, 1 + data[0] % 16);
  require(whole.failed == pieces.failed, "the cuts decide about an error");
  require(whole.replies.size() == pieces.replies.size(), "the cuts decide how many replies there are");
  for (std::size_t i = 0; i < whole.replies.size(); ++i)
    require(same(whole.replies[i], pieces.replies[i]), "the cuts decide about a reply");
  return 0;
}
