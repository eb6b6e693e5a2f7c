#include "transport/crypto/aes_gcm.hpp"

#include <openssl/evp.h>

#include <climits>
#include <stdexcept>

namespace dispatch {
namespace {

struct release {
  void operator()(EVP_CIPHER* what) const noexcept { EVP_CIPHER_free(what); }
  void operator()(EVP_CIPHER_CTX* what) const noexcept { EVP_CIPHER_CTX_free(what); }
};

}  // namespace

struct aes128_gcm::state {
  std::unique_ptr<EVP_CIPHER, release> cipher{EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr)};
  std::unique_ptr<EVP_CIPHER_CTX, release> context{EVP_CIPHER_CTX_new()};
};

aes128_gcm::aes128_gcm() : state_(std::make_unique<state>()) {
  // With the cipher set once, a message only changes key and nonce.
  if (!state_->cipher || !state_->context ||
      EVP_EncryptInit_ex2(state_->context.get(), state_->cipher.get(), nullptr, nullptr, nullptr) != 1)
    throw std::runtime_error("OpenSSL has no AES-128-GCM");
}

aes128_gcm::~aes128_gcm() = default;

void aes128_gcm::encrypt(const key& with, const nonce& once, unsigned char* text, std::size_t size) {
  auto* const context = state_->context.get();
  int written = 0, rest = 0;
  const bool good = size <= INT_MAX &&
                    EVP_EncryptInit_ex2(context, nullptr, with.data(), once.data(), nullptr) == 1 &&
                    EVP_EncryptUpdate(context, text, &written, text, static_cast<int>(size)) == 1 &&
                    EVP_EncryptFinal_ex(context, text + written, &rest) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_bytes, text + size) == 1;
  if (!good) throw std::runtime_error("OpenSSL: AES-128-GCM failed");
}

}  // namespace dispatch
