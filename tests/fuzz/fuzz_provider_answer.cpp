// libFuzzer over providers' answers: fuzz_provider_answer tests/fuzz/corpus/provider_answer -max_len=4096
//
// First byte: which provider; second and third: the status; then a line of Retry-After and the body.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/require.hpp"
#include "transport/providers/apns_adapter.hpp"
#include "transport/providers/fcm_adapter.hpp"
#include "transport/providers/webpush/webpush_adapter.hpp"

namespace {

using dispatch::outcome;
using dispatch::provider;
using dispatch::verdict;
using dispatch::test::require;

/// What must hold whatever a provider sends.
void check(const verdict& what, const dispatch::provider_answer& answer, provider by) {
  require(!what.reason.empty() || answer.status / 100 == 2, "an answer without a reason");
  require(what.retry_after >= std::chrono::milliseconds{0} && what.retry_after <= std::chrono::hours{24},
          "a wait out of bounds");
  if (what.what == verdict::kind::final && what.result == outcome::delivered)
    require(answer.status / 100 == 2, "delivered without a 2xx");
  if (what.what != verdict::kind::final || what.result != outcome::invalid_token) return;
  const std::string_view body = answer.body;
  const bool said = by == provider::fcm
                        ? body.find("FcmError") != body.npos || body.find("INVALID_ARGUMENT") != body.npos
                        : answer.status == 410 || (by == provider::webpush && answer.status == 404);
  // Escapes (\u0055NREGISTERED) are JSON too, so only a body without any must name it in plain letters.
  require(said || body.find('\\') != body.npos, "a token deleted without the provider's word");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto fcm = dispatch::make_fcm_adapter({.project_id = "p"});
  static const auto apns = dispatch::make_apns_adapter({.topic = "t"});
  static const auto webpush = dispatch::make_webpush_adapter({});
  static const dispatch::provider_adapter* const adapters[] = {fcm.get(), apns.get(), webpush.get()};
  if (size < 3) return 0;
  dispatch::provider_answer answer;
  answer.status = (data[1] << 8 | data[2]) % 1000;
  std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
  if (const auto line = rest.find('\n'); line != rest.npos) {
    answer.retry_after = rest.substr(0, line);
    rest.remove_prefix(line + 1);
  }
  answer.body = rest;
  const auto& adapter = *adapters[data[0] % 3];
  check(adapter.classify(answer, dispatch::epoch_ms{1'795'435'200'000}), answer, adapter.kind());
  (void)adapter.provider_id(answer);
  return 0;
}
