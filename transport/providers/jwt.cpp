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

}  // namespace

std::string_view to_string(key_error error) noexcept {
  switch (error) {
    case key_error::not_a_private_key:
      return "not a PEM private key without password";
    case key_error::wrong_type:
      return "a key of another type or size";
    case key_error::signing_failed:
      return "signing failed";
  }
  return "unknown";
}

std::string base64url(std::string_view bytes) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += letters[(bits >> (count - 6)) & 63];
  }
  if (count > 0) out += letters[(bits << (6 - count)) & 63];
  return out;
}

boost::system::result<signing_key, key_error> signing_key::from_pem(std::string_view pem,
                                                                    jws_algorithm algorithm) {
  if (pem.empty() || pem.size() > max_pem_bytes) return key_error::not_a_private_key;
  const std::unique_ptr<BIO, free_bio> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* read = in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr) : nullptr;
  // What OpenSSL queued may quote the input; nobody reads it from here.
  ERR_clear_error();
  if (!read) return key_error::not_a_private_key;
  std::shared_ptr<void> key(read, [](void* what) { EVP_PKEY_free(static_cast<EVP_PKEY*>(what)); });
  if (!suits(read, algorithm)) return key_error::wrong_type;
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

}  // namespace dispatch
