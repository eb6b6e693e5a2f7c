#pragma once

#include <openssl/ecdsa.h>

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "apps/sandbox/base64url.hpp"
#include "apps/sandbox/openssl_handles.hpp"

// Makes the tokens a client would, for the tests of their verification.
namespace dispatch::sandbox::testing_jwt {

inline std::string sign(std::string_view input, EVP_PKEY* key) {
  md_context_handle context(EVP_MD_CTX_new());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
  std::string signature(512, '\0');
  std::size_t size = signature.size();
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                 reinterpret_cast<const unsigned char*>(input.data()), input.size());
  signature.resize(size);
  return signature;
}

inline std::string raw_from_der(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()));
  std::string raw(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(pair), reinterpret_cast<unsigned char*>(raw.data()), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair), reinterpret_cast<unsigned char*>(raw.data()) + 32, 32);
  ECDSA_SIG_free(pair);
  return raw;
}

inline std::string make(const boost::json::object& header, const boost::json::object& claims, EVP_PKEY* key) {
  const auto input = encode_base64url(boost::json::serialize(header)) + "." +
                     encode_base64url(boost::json::serialize(claims));
  auto signature = sign(input, key);
  if (EVP_PKEY_is_a(key, "EC") == 1) signature = raw_from_der(signature);
  return input + "." + encode_base64url(signature);
}

}  // namespace dispatch::sandbox::testing_jwt
