#include "jws_verifier.hpp"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <vector>

namespace dispatch::testing {
namespace {

std::vector<unsigned char> der_of(const std::string& raw) {
  if (raw.size() != 64) return {};
  const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
  ECDSA_SIG* signature = ECDSA_SIG_new();
  ECDSA_SIG_set0(signature, BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature, &der);
  std::vector<unsigned char> made(der, der + length);
  OPENSSL_free(der);
  ECDSA_SIG_free(signature);
  return made;
}

std::string part(std::string_view token, int which) {
  for (; which > 0; --which) token.remove_prefix(token.find('.') + 1);
  return base64url_decode(token.substr(0, token.find('.')));
}

}  // namespace

std::string base64url_decode(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = letters.find(c);
    if (value == letters.npos) return "(not base64url)";
    bits = (bits << 6) | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 255);
  }
  return out;
}

bool verifies(std::string_view token, std::string_view private_pem) {
  const auto dot = token.rfind('.');
  const auto input = token.substr(0, dot);
  const auto raw = base64url_decode(token.substr(dot + 1));
  BIO* in = BIO_new_mem_buf(private_pem.data(), static_cast<int>(private_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  if (!key) return false;
  auto signature =
      EVP_PKEY_is_a(key, "EC") == 1 ? der_of(raw) : std::vector<unsigned char>(raw.begin(), raw.end());
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool good = EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
                    EVP_DigestVerify(context, signature.data(), signature.size(),
                                     reinterpret_cast<const unsigned char*>(input.data()), input.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return good;
}

std::string claims_of(std::string_view token) {
  return part(token, 1);
}
std::string header_of_token(std::string_view token) {
  return part(token, 0);
}

}  // namespace dispatch::testing
