// libFuzzer over the keys of push subscriptions: fuzz_subscription_keys tests/fuzz/corpus/subscription_keys
// -max_len=512
//
// The input is p256dh, auth and the message, each on a line of its own.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/require.hpp"
#include "transport/providers/webpush/message_encryption.hpp"

namespace {

using dispatch::seal_status;
using dispatch::test::require;

std::string_view take_line(std::string_view& rest) {
  const auto line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static dispatch::message_sealer sealer;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto p256dh = take_line(rest), auth = take_line(rest);
  const std::string text(rest);
  auto body = text;
  const auto done = sealer.seal(p256dh, auth, body);
  require(done == sealer.check(p256dh, auth), "check() and seal() disagree");
  if (done == seal_status::ok) {
    require(body.size() == text.size() + 103, "not one record");
  } else {
    require(body == text, "a body that was not sealed has changed");
  }
  return 0;
}
