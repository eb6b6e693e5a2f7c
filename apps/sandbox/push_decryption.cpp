#include "apps/sandbox/push_decryption.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>

#include "apps/sandbox/openssl_handles.hpp"

namespace dispatch::sandbox {
namespace {

using namespace std::string_literals;

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t point_bytes = 65;
constexpr std::size_t header_bytes = salt_bytes + 4 + 1 + point_bytes;
constexpr std::size_t tag_bytes = 16;
constexpr char last_record = 2;

struct release {
  void operator()(EVP_PKEY_CTX* what) const { EVP_PKEY_CTX_free(what); }
  void operator()(EVP_KDF* what) const { EVP_KDF_free(what); }
  void operator()(EVP_KDF_CTX* what) const { EVP_KDF_CTX_free(what); }
  void operator()(EVP_CIPHER_CTX* what) const { EVP_CIPHER_CTX_free(what); }
};
template <class What>
using handle = std::unique_ptr<What, release>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string shared_secret(EVP_PKEY* mine, std::string_view peer_point) {
  pkey_handle peer(EVP_PKEY_new());
  if (!peer || EVP_PKEY_copy_parameters(peer.get(), mine) != 1 ||
      EVP_PKEY_set1_encoded_public_key(peer.get(), bytes(peer_point), peer_point.size()) != 1)
    return {};
  handle<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(mine, nullptr));
  std::string secret(32, '\0');
  std::size_t size = secret.size();
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), bytes(secret), &size) != 1)
    return {};
  return secret;
}

std::string hkdf(std::string salt, std::string key, std::string info, std::size_t size) {
  static const handle<EVP_KDF> algorithm(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  handle<EVP_KDF_CTX> context(EVP_KDF_CTX_new(algorithm.get()));
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  std::string out(size, '\0');
  if (!context || EVP_KDF_derive(context.get(), bytes(out), size, parameters) != 1) return {};
  return out;
}

std::optional<std::string> open_record(std::string_view sealed, const std::string& key,
                                       const std::string& nonce) {
  handle<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
  const auto size = sealed.size() - tag_bytes;
  std::string tag(sealed.substr(size)), text(size, '\0');
  int written = 0, rest = 0;
  const bool good =
      context &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, bytes(key), bytes(nonce)) == 1 &&
      EVP_DecryptUpdate(context.get(), bytes(text), &written, bytes(sealed), static_cast<int>(size)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), bytes(text) + written, &rest) == 1;
  if (!good) return std::nullopt;
  return text;
}

}  // namespace

std::optional<std::string> decrypt_push(std::string_view body, EVP_PKEY* browser_key, std::string_view auth) {
  if (body.size() <= header_bytes + tag_bytes || body[salt_bytes + 4] != char{point_bytes})
    return std::nullopt;
  const std::string salt(body.substr(0, salt_bytes));
  const auto sender = body.substr(header_bytes - point_bytes, point_bytes);
  const auto shared = shared_secret(browser_key, sender);
  std::string info("WebPush: info\0"s);
  info.append(public_point(browser_key)).append(sender);
  const auto combined = hkdf(std::string(auth), shared, std::move(info), 32);
  auto text =
      open_record(body.substr(header_bytes), hkdf(salt, combined, "Content-Encoding: aes128gcm\0"s, 16),
                  hkdf(salt, combined, "Content-Encoding: nonce\0"s, 12));
  ERR_clear_error();
  if (shared.empty() || !text) return std::nullopt;
  // Padding is zeros behind the delimiter.
  const auto end = text->find_last_not_of('\0');
  if (end == std::string::npos || (*text)[end] != last_record) return std::nullopt;
  text->resize(end);
  return text;
}

std::string public_point(EVP_PKEY* key) {
  unsigned char* made = nullptr;
  const auto size = EVP_PKEY_get1_encoded_public_key(key, &made);
  std::string point(reinterpret_cast<const char*>(made), size);
  OPENSSL_free(made);
  return point;
}

}  // namespace dispatch::sandbox
