#include "transport/crypto/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

namespace dispatch {
namespace {

struct release {
  void operator()(EVP_MAC* what) const noexcept { EVP_MAC_free(what); }
  void operator()(EVP_MAC_CTX* what) const noexcept { EVP_MAC_CTX_free(what); }
};

/// Fetched once, with its digest set: a thread's context is a copy of it.
const EVP_MAC_CTX* prepared() {
  static const auto context = [] {
    const std::unique_ptr<EVP_MAC, release> algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    std::unique_ptr<EVP_MAC_CTX, release> made(algorithm ? EVP_MAC_CTX_new(algorithm.get()) : nullptr);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    if (!made || EVP_MAC_CTX_set_params(made.get(), parameters) != 1)
      throw std::runtime_error("OpenSSL has no HMAC-SHA256");
    return made;
  }();
  return context.get();
}

/// Keyed anew for each digest: a copy each time would cost as much as a short digest.
EVP_MAC_CTX* context_of_thread() {
  thread_local const std::unique_ptr<EVP_MAC_CTX, release> context(EVP_MAC_CTX_dup(prepared()));
  return context.get();
}

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

sha256_digest hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts) {
  EVP_MAC_CTX* const context = context_of_thread();
  sha256_digest out;
  std::size_t length = 0;
  // With a null key OpenSSL would go on with the one before.
  bool good = context && EVP_MAC_init(context, key.empty() ? unsigned_bytes("") : unsigned_bytes(key),
                                      key.size(), nullptr) == 1;
  for (const auto part : parts)
    good = good && EVP_MAC_update(context, unsigned_bytes(part), part.size()) == 1;
  good = good && EVP_MAC_final(context, out.data(), &length, out.size()) == 1 && length == out.size();
  // A digest that was not computed must not be compared with anything.
  if (!good) throw std::runtime_error("OpenSSL: HMAC-SHA256 failed");
  return out;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string_view bytes_of(const sha256_digest& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string random_secret(std::size_t bytes) {
  std::string out(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(bytes)) != 1)
    throw std::runtime_error("OpenSSL has no random bytes");
  return out;
}

}  // namespace dispatch
