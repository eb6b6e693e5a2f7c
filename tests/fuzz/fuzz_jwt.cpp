// libFuzzer over JSON Web Tokens: fuzz_jwt tests/fuzz/corpus/jwt -max_len=4096
//
// An input with a line feed is header and claims, signed here with the right secret: else nothing behind the
// signature would ever be reached. Without one it is the token itself, which cannot be good.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/auth/credential.hpp"
#include "api/auth/jwt.hpp"
#include "api/json/strict_json.hpp"
#include "tests/fuzz/require.hpp"
#include "transport/crypto/base64.hpp"
#include "transport/crypto/hmac.hpp"

namespace {

using dispatch::test::require;

constexpr std::int64_t now_s = 1'795'435'200;
const std::string secret = "a secret nobody who fuzzes knows";

std::string signed_token(std::string_view header, std::string_view claims) {
  const auto input = dispatch::base64url(header) + '.' + dispatch::base64url(claims);
  return input + '.' + dispatch::base64url(dispatch::bytes_of(dispatch::hmac_sha256(secret, {input})));
}

/// What a taken token must say, read in another way than the check does.
void check_taken(std::string_view header, std::string_view claims) {
  const auto parsed_header = dispatch::strict_json::parse(header);
  const auto parsed_claims = dispatch::strict_json::parse(claims);
  const auto* of_header = std::get_if<dispatch::strict_json>(&parsed_header);
  const auto* of_claims = std::get_if<dispatch::strict_json>(&parsed_claims);
  require(of_header && of_claims, "taken with JSON that is not strict");
  std::string_view text;
  require(of_header->root().at_pointer("/alg").get(text) == simdjson::SUCCESS && text == "HS256",
          "another algorithm");
  require(of_claims->root().at_pointer("/iss").get(text) == simdjson::SUCCESS && text == "i",
          "another issuer");
  double expires = 0;
  require(of_claims->root().at_pointer("/exp").get(expires) == simdjson::SUCCESS, "no exp");
  require(expires >= now_s - 30 && expires <= now_s + 86'400 + 31, "exp out of bounds");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const dispatch::jwt_key keys[] = {
      {"i", "k", "a", secret, std::chrono::seconds{30}, std::chrono::hours{24}, nullptr}};
  constexpr std::chrono::system_clock::time_point now{std::chrono::seconds{now_s}};
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  if (line == input.npos) {
    require(std::holds_alternative<dispatch::jwt_fault>(dispatch::check_jwt(input, keys, now)),
            "a forged token");
    return 0;
  }
  const auto header = input.substr(0, line), claims = input.substr(line + 1);
  const auto answer = dispatch::check_jwt(signed_token(header, claims), keys, now);
  if (std::holds_alternative<const dispatch::jwt_key*>(answer)) check_taken(header, claims);
  return 0;
}
