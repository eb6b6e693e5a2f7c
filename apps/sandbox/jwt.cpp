#include "apps/sandbox/jwt.hpp"

#include <openssl/ecdsa.h>

#include <boost/json.hpp>
#include <cmath>

#include "apps/sandbox/base64url.hpp"

namespace dispatch::sandbox {
namespace {

std::optional<boost::json::object> decode_object(std::string_view part) {
  auto text = decode_base64url(part);
  if (!text) return std::nullopt;
  boost::json::error_code error;
  auto value = boost::json::parse(*text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::string_view text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view{} : std::string_view(*text);
}

bool verify(const jwt& token, std::string_view signature, EVP_PKEY* key) {
  md_context_handle context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1) return false;
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(),
                          reinterpret_cast<const unsigned char*>(token.signing_input.data()),
                          token.signing_input.size()) == 1;
}

// OpenSSL wants the DER form of an ECDSA signature.
std::optional<std::string> der_signature(std::string_view raw) {
  if (raw.size() != 64) return std::nullopt;
  const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
  ECDSA_SIG* pair = ECDSA_SIG_new();
  BIGNUM* r = BN_bin2bn(bytes, 32, nullptr);
  BIGNUM* s = BN_bin2bn(bytes + 32, 32, nullptr);
  ECDSA_SIG_set0(pair, r, s);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair, &der);
  std::optional<std::string> result;
  if (size > 0) result.emplace(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  ECDSA_SIG_free(pair);
  return result;
}

}  // namespace

std::string_view jwt::header_text(std::string_view name) const {
  return text_of(header, name);
}

std::string_view jwt::claim_text(std::string_view name) const {
  return text_of(claims, name);
}

std::optional<std::int64_t> jwt::claim_seconds(std::string_view name) const {
  const auto* value = claims.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = value->if_int64()) return *number;
  // Google's own libraries send whole numbers, but NumericDate allows decimals.
  if (const auto* number = value->if_double(); number && std::abs(*number) < 1e15) {
    return static_cast<std::int64_t>(*number);
  }
  return std::nullopt;
}

std::optional<jwt> parse_jwt(std::string_view text) {
  const auto first = text.find('.');
  const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  auto header = decode_object(text.substr(0, first));
  auto claims = decode_object(text.substr(first + 1, second - first - 1));
  auto signature = decode_base64url(text.substr(second + 1));
  if (!header || !claims || !signature || signature->empty()) return std::nullopt;
  return jwt{std::move(*header), std::move(*claims), std::string(text.substr(0, second)),
             std::move(*signature)};
}

bool verify_rs256(const jwt& token, EVP_PKEY* key) {
  return token.header_text("alg") == "RS256" && EVP_PKEY_is_a(key, "RSA") == 1 &&
         verify(token, token.signature, key);
}

bool verify_es256(const jwt& token, EVP_PKEY* key) {
  if (token.header_text("alg") != "ES256" || EVP_PKEY_is_a(key, "EC") != 1) return false;
  const auto der = der_signature(token.signature);
  return der && verify(token, *der, key);
}

}  // namespace dispatch::sandbox
