#include "transport/crypto/p256_pem.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <memory>
#include <stdexcept>

namespace dispatch {
namespace {

constexpr std::size_t max_pem_bytes = 65'536;
constexpr const char* group_name = "prime256v1";

struct release {
  void operator()(BIGNUM* what) const noexcept { BN_clear_free(what); }
  void operator()(BIO* what) const noexcept { BIO_free_all(what); }
  void operator()(EVP_PKEY* what) const noexcept { EVP_PKEY_free(what); }
  void operator()(EVP_PKEY_CTX* what) const noexcept { EVP_PKEY_CTX_free(what); }
  void operator()(OSSL_PARAM* what) const noexcept { OSSL_PARAM_free(what); }
  void operator()(OSSL_PARAM_BLD* what) const noexcept { OSSL_PARAM_BLD_free(what); }
};

template <class What>
using handle = std::unique_ptr<What, release>;

/// OpenSSL's default asks on the terminal; a daemon must not hang there.
int no_password(char*, int, int, void*) {
  return -1;
}

bool is_p256(EVP_PKEY* key) {
  char group[32] = {};
  std::size_t length = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1 &&
         std::string_view(group, length) == group_name;
}

handle<EVP_PKEY> key_of(const p256_pair& pair) {
  const handle<BIGNUM> secret(
      BN_bin2bn(pair.secret.data(), static_cast<int>(pair.secret.size()), BN_secure_new()));
  const handle<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  const bool built =
      secret && builder &&
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group_name, 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, pair.open.data(),
                                       pair.open.size()) == 1 &&
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret.get()) == 1;
  const handle<OSSL_PARAM> parameters(built ? OSSL_PARAM_BLD_to_param(builder.get()) : nullptr);
  const handle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) != 1)
    return nullptr;
  return handle<EVP_PKEY>(key);
}

}  // namespace

std::optional<p256_pair> p256_pair_from_pem(std::string_view pem) {
  if (pem.empty() || pem.size() > max_pem_bytes) return std::nullopt;
  const handle<BIO> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const handle<EVP_PKEY> key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr) : nullptr);
  BIGNUM* number = nullptr;
  p256_number secret{};
  const bool read = key && is_p256(key.get()) &&
                    EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
                    BN_bn2binpad(number, secret.data(), static_cast<int>(secret.size())) > 0;
  const handle<BIGNUM> owned(number);
  // What OpenSSL queued may quote the input; nobody reads it from here.
  ERR_clear_error();
  if (!read) return std::nullopt;
  // A file may leave its public half out, or have a wrong one.
  return p256().pair_of({reinterpret_cast<const char*>(secret.data()), secret.size()});
}

std::string p256_pair_to_pem(const p256_pair& pair) {
  const auto key = key_of(pair);
  const handle<BIO> out(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  long length = 0;
  if (key && out &&
      PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1)
    length = BIO_get_mem_data(out.get(), &text);
  if (length <= 0) throw std::runtime_error("OpenSSL: the key cannot be written");
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace dispatch
