#include "api/auth/jwt.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "api/auth/credential.hpp"
#include "api/json/strict_json.hpp"
#include "transport/crypto/base64.hpp"
#include "transport/crypto/hmac.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_depth = 8;
constexpr double max_time = 1e11;  ///< seconds; some 3,000 years: beyond it is no time, and no sum overflows

struct token_parts {
  std::string_view input;  ///< what is signed: header.claims
  std::string header, claims, signature;
};

std::optional<token_parts> split(std::string_view token) {
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (token.size() > max_jwt_bytes || first == token.npos || token.find('.', first + 1) != last)
    return std::nullopt;
  auto header = base64url_decode(token.substr(0, first));
  auto claims = base64url_decode(token.substr(first + 1, last - first - 1));
  auto signature = base64url_decode(token.substr(last + 1));
  if (!header || !claims || !signature) return std::nullopt;
  return token_parts{token.substr(0, last), *std::move(header), *std::move(claims), *std::move(signature)};
}

using simdjson::dom::element;
using simdjson::dom::object;

std::optional<element> member(object from, std::string_view name) {
  element found;
  if (from[name].get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

/// The text of that member; empty when it is absent, nullopt when it is something else.
std::optional<std::string_view> text_member(object from, std::string_view name) {
  const auto found = member(from, name);
  if (!found) return std::string_view();
  std::string_view text;
  if (found->get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

/// NumericDate (section 2), in whole seconds; nullopt when it is none.
std::optional<std::int64_t> time_of(element value) {
  double seconds = 0;
  if (value.get_double().get(seconds) != simdjson::SUCCESS || !(std::abs(seconds) <= max_time))
    return std::nullopt;
  return static_cast<std::int64_t>(std::floor(seconds));
}

/// Members by which a token would choose its own key, or change what the signature is over.
bool meddles(object header) {
  constexpr std::array<std::string_view, 8> names{"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"};
  return std::any_of(names.begin(), names.end(), [&](auto name) { return member(header, name).has_value(); });
}

std::string_view algorithm_of(const jwt_key& key) noexcept {
  const auto* asymmetric = std::get_if<verifying_key>(&key.key);
  if (!asymmetric) return "HS256";
  return asymmetric->algorithm() == jws_algorithm::rs256 ? "RS256" : "ES256";
}

bool is_signed_by(const jwt_key& key, const token_parts& parts) {
  if (const auto* asymmetric = std::get_if<verifying_key>(&key.key))
    return asymmetric->verifies(parts.input, parts.signature);
  const auto expected = hmac_sha256(std::get<std::string>(key.key), {parts.input});
  return equal_in_constant_time(bytes_of(expected), parts.signature);
}

bool names_audience(object claims, std::string_view wanted) {
  const auto audience = member(claims, "aud");
  if (!audience) return false;
  std::string_view text;
  if (audience->get_string().get(text) == simdjson::SUCCESS) return text == wanted;
  simdjson::dom::array several;
  if (audience->get_array().get(several) != simdjson::SUCCESS) return false;
  return std::any_of(several.begin(), several.end(), [&](element each) {
    return each.get_string().get(text) == simdjson::SUCCESS && text == wanted;
  });
}

/// Until when it is good, or why it is not.
std::variant<std::int64_t, jwt_fault> check_times(object claims, const jwt_key& key, std::int64_t now) {
  const auto leeway = key.leeway.count();
  const auto expires = member(claims, "exp");
  const auto end = expires ? time_of(*expires) : std::nullopt;
  if (!end) return jwt_fault::expired;
  if (now >= *end + leeway) return jwt_fault::expired;
  if (*end > now + key.max_lifetime.count() + leeway) return jwt_fault::lives_too_long;
  for (const std::string_view name : {"nbf", "iat"}) {
    const auto claim = member(claims, name);
    if (!claim) continue;
    const auto begin = time_of(*claim);
    if (!begin || *begin > now + leeway) return jwt_fault::not_yet_valid;
  }
  return *end + leeway;
}

/// The key the token names, when it also has that key's algorithm.
const jwt_key* named_key(object header, object claims, std::span<const jwt_key> keys) {
  const auto algorithm = text_member(header, "alg");
  const auto key_id = text_member(header, "kid");
  const auto issuer = text_member(claims, "iss");
  if (!algorithm || !key_id || !issuer || issuer->empty() || meddles(header)) return nullptr;
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const jwt_key& each) {
    return each.issuer == *issuer && each.key_id == *key_id && algorithm_of(each) == *algorithm;
  });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

std::string_view to_string(jwt_fault fault) noexcept {
  switch (fault) {
    case jwt_fault::untrusted:
      return "is not trusted";
    case jwt_fault::wrong_audience:
      return "is for another audience";
    case jwt_fault::expired:
      return "is expired, or does not say when it expires";
    case jwt_fault::not_yet_valid:
      return "is not valid yet";
    case jwt_fault::lives_too_long:
      return "is valid for too long";
  }
  return "unknown";
}

std::variant<verified_jwt, jwt_fault> verify_jwt(std::string_view token, std::span<const jwt_key> keys,
                                                 std::chrono::system_clock::time_point now) {
  const auto parts = split(token);
  if (!parts) return jwt_fault::untrusted;
  const auto header_json = strict_json::parse(parts->header, max_depth);
  const auto claims_json = strict_json::parse(parts->claims, max_depth);
  const auto* header_text = std::get_if<strict_json>(&header_json);
  const auto* claims_text = std::get_if<strict_json>(&claims_json);
  if (!header_text || !claims_text || !header_text->root().is_object() || !claims_text->root().is_object())
    return jwt_fault::untrusted;
  const object header(header_text->root());
  const object claims(claims_text->root());

  const auto* key = named_key(header, claims, keys);
  if (!key || !is_signed_by(*key, *parts)) return jwt_fault::untrusted;
  if (!names_audience(claims, key->audience)) return jwt_fault::wrong_audience;
  const auto here = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const auto until = check_times(claims, *key, here);
  if (const auto* fault = std::get_if<jwt_fault>(&until)) return *fault;
  return verified_jwt{key, std::get<std::int64_t>(until)};
}

std::variant<const jwt_key*, jwt_fault> check_jwt(std::string_view token, std::span<const jwt_key> keys,
                                                  std::chrono::system_clock::time_point now) {
  const auto answer = verify_jwt(token, keys, now);
  if (const auto* fault = std::get_if<jwt_fault>(&answer)) return *fault;
  return std::get<verified_jwt>(answer).key;
}

}  // namespace dispatch
