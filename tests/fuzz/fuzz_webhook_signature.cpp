// libFuzzer over the headers that sign a request: fuzz_webhook_signature tests/fuzz/corpus/webhook_signature
//
// Five lines: webhook-id, webhook-timestamp, webhook-signature, a signature in hex, one with a timestamp;
// then the body. "@" in the place of a signature is replaced by the right one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/auth/signed_delivery.hpp"
#include "api/webhooks/verification.hpp"
#include "tests/fuzz/require.hpp"
#include "transport/crypto/base64.hpp"
#include "transport/crypto/hmac.hpp"

namespace {

using namespace dispatch;
using dispatch::test::require;

constexpr std::int64_t now_s = 1'795'435'200;
constexpr std::chrono::system_clock::time_point now{std::chrono::seconds{now_s}};
const std::string secret = "a secret nobody who fuzzes knows";

std::string next_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  std::string line(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

/// True when there was an "@".
bool put(std::string& text, const std::string& signature) {
  const auto at = text.find('@');
  if (at == text.npos) return false;
  text.replace(at, 1, signature);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto standard = *webhook_secret::parse("whsec_" + base64(secret));
  static const webhook_verification schemes[] = {
      standard_webhooks_scheme{{standard}}, hex_hmac_scheme{{secret}, "x-plain", "sha256="},
      hex_hmac_scheme{{secret}, "x-timed", "", true}, bearer_scheme{{secret}, "x-plain"}};
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<std::string, 5> lines;
  for (auto& line : lines) line = next_line(rest);
  auto& [id, timestamp, signature, plain, timed] = lines;
  const std::string body(rest);
  const auto seconds = parse_timestamp(timestamp);
  const std::array<bool, 4> helped{
      put(signature, standard.sign(id, seconds.value_or(0), body)),
      put(plain, to_hex(hmac_sha256(secret, {body}))),
      put(timed, to_hex(hmac_sha256(secret, {std::to_string(now_s), ".", body}))), false};
  const http_request request{"POST",
                             "/",
                             {{"webhook-id", id},
                              {"webhook-timestamp", timestamp},
                              {"webhook-signature", signature},
                              {"x-plain", plain},
                              {"x-timed", timed}},
                             body,
                             ""};
  for (std::size_t each = 0; each < helped.size(); ++each)
    if (is_authentic(schemes[each], request, now)) require(helped[each], "a forged signature");
  if (is_authentic(schemes[0], request, now)) {
    require(seconds && std::abs(*seconds - now_s) <= 300, "a stale timestamp");
    require(id.find('.') == id.npos && id.size() <= 128, "an id that can be split in another way");
  }
  return 0;
}
