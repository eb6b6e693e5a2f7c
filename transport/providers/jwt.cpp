#include "transport/providers/jwt.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <climits>
#include <utility>
#include <vector>

namespace dispatch {
namespace {

constexpr std::size_t max_pem_bytes = 65'536;
constexpr int min_rsa_bits = 2048;
constexpr int p256_bytes = 32;

struct free_bio {
  void operator()(BIO* what) const noexcept { BIO_free(what); }
};
struct free_digest {
  void operator()(EVP_MD_CTX* what) const noexcept { EVP_MD_CTX_free(what); }
};
struct free_ecdsa {
  void operator()(ECDSA_SIG* what) const noexcept { ECDSA_SIG_free(what); }
};

/// OpenSSL's default asks on the terminal; a daemon must not hang there.
int no_password(char*, int, int, void*) {
  return -1;
}

using pem_reader = EVP_PKEY* (*)(BIO*, EVP_PKEY**, pem_password_cb*, void*);

std::shared_ptr<EVP_PKEY> read_pem(std::string_view pem, pem_reader read) {
  if (pem.empty() || pem.size() > max_pem_bytes) return nullptr;
  const std::unique_ptr<BIO, free_bio> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* key = in ? read(in.get(), nullptr, no_password, nullptr) : nullptr;
  // What OpenSSL queued may quote the input; nobody reads it from here.
  ERR_clear_error();
  return key ? std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free) : nullptr;
}

bool suits(EVP_PKEY* key, jws_algorithm algorithm) noexcept {
  if (algorithm == jws_algorithm::rs256)
    return EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= min_rsa_bits;
  char group[32] = {};
  std::size_t length = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1 &&
         std::string_view(group, length) == "prime256v1";
}

/// RFC 7518 section 3.4: r and s as 32 bytes each, where ECDSA gives DER.
std::string raw_ecdsa(const std::vector<unsigned char>& der, std::size_t length) {
  const auto* at = der.data();
  const std::unique_ptr<ECDSA_SIG, free_ecdsa> parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length)));
  if (!parsed) return {};
  unsigned char raw[2 * p256_bytes];
  if (BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), raw, p256_bytes) != p256_bytes ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), raw + p256_bytes, p256_bytes) != p256_bytes)
    return {};
  return {reinterpret_cast<const char*>(raw), sizeof raw};
}

/// The way back; empty for what is not 64 bytes.
std::vector<unsigned char> der_ecdsa(std::string_view raw) {
  if (raw.size() != 2 * p256_bytes) return {};
  const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
  const std::unique_ptr<ECDSA_SIG, free_ecdsa> pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(bytes, p256_bytes, nullptr);
  BIGNUM* s = BN_bin2bn(bytes + p256_bytes, p256_bytes, nullptr);
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  std::vector<unsigned char> der(static_cast<std::size_t>(i2d_ECDSA_SIG(pair.get(), nullptr)));
  auto* at = der.data();
  i2d_ECDSA_SIG(pair.get(), &at);
  return der;
}

}  // namespace

std::string_view to_string(key_error error) noexcept {
  switch (error) {
    case key_error::not_a_private_key:
      return "not a PEM private key without password";
    case key_error::not_a_public_key:
      return "not a PEM public key";
    case key_error::wrong_type:
      return "a key of another type or size";
    case key_error::signing_failed:
      return "signing failed";
  }
  return "unknown";
}

boost::system::result<signing_key, key_error> signing_key::from_pem(std::string_view pem,
                                                                    jws_algorithm algorithm) {
  auto key = read_pem(pem, PEM_read_bio_PrivateKey);
  if (!key) return key_error::not_a_private_key;
  if (!suits(key.get(), algorithm)) return key_error::wrong_type;
  return signing_key(std::move(key), algorithm);
}

boost::system::result<std::string, key_error> signing_key::signature(std::string_view input) const {
  const std::unique_ptr<EVP_MD_CTX, free_digest> context(EVP_MD_CTX_new());
  auto* key = static_cast<EVP_PKEY*>(key_.get());
  const auto* data = reinterpret_cast<const unsigned char*>(input.data());
  std::size_t length = 0;
  std::vector<unsigned char> made;
  const bool signed_well =
      context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &length, data, input.size()) == 1 &&
      (made.resize(length), EVP_DigestSign(context.get(), made.data(), &length, data, input.size()) == 1);
  ERR_clear_error();
  if (!signed_well) return key_error::signing_failed;
  if (algorithm_ == jws_algorithm::rs256)
    return std::string(reinterpret_cast<const char*>(made.data()), length);
  auto raw = raw_ecdsa(made, length);
  if (raw.empty()) return key_error::signing_failed;
  return raw;
}

boost::system::result<std::string, key_error> signing_key::sign(std::string_view header,
                                                                std::string_view claims) const {
  auto token = base64url(header);
  token += '.';
  token += base64url(claims);
  auto made = signature(token);
  if (!made) return made.error();
  token += '.';
  token += base64url(*made);
  return token;
}

boost::system::result<verifying_key, key_error> verifying_key::from_pem(std::string_view pem,
                                                                        jws_algorithm algorithm) {
  auto key = read_pem(pem, PEM_read_bio_PUBKEY);
  if (!key) return key_error::not_a_public_key;
  if (!suits(key.get(), algorithm)) return key_error::wrong_type;
  return verifying_key(std::move(key), algorithm);
}

bool verifying_key::verifies(std::string_view input, std::string_view signature) const {
  const auto signed_as = algorithm_ == jws_algorithm::es256
                             ? der_ecdsa(signature)
                             : std::vector<unsigned char>(signature.begin(), signature.end());
  if (signed_as.empty()) return false;
  const std::unique_ptr<EVP_MD_CTX, free_digest> context(EVP_MD_CTX_new());
  auto* key = static_cast<EVP_PKEY*>(key_.get());
  const auto* data = reinterpret_cast<const unsigned char*>(input.data());
  const bool good =
      context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), signed_as.data(), signed_as.size(), data, input.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace dispatch
