#include "core/digest.hpp"

#include <openssl/evp.h>

#include <charconv>
#include <memory>
#include <stdexcept>

namespace dispatch {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

// Fetching the algorithm by name costs more than the digest of a short text, so both stay for the thread.
class hasher {
 public:
  hasher() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    if (!algorithm_ || !context_) throw std::runtime_error("OpenSSL has no SHA-256");
  }
  void start() { EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr); }
  void add(std::string_view data) { EVP_DigestUpdate(context_.get(), data.data(), data.size()); }
  sha256_digest finish() {
    sha256_digest out;
    unsigned length = 0;
    EVP_DigestFinal_ex(context_.get(), out.data(), &length);
    return out;
  }

 private:
  struct release {
    void operator()(EVP_MD* p) const { EVP_MD_free(p); }
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  };
  std::unique_ptr<EVP_MD, release> algorithm_;
  std::unique_ptr<EVP_MD_CTX, release> context_;
};

hasher& thread_hasher() {
  thread_local hasher instance;
  return instance;
}

}  // namespace

sha256_digest sha256(std::string_view data) {
  auto& h = thread_hasher();
  h.start();
  h.add(data);
  return h.finish();
}

std::string to_hex(const sha256_digest& digest) {
  std::string out;
  out.reserve(digest.size() * 2);
  for (auto byte : digest) {
    out += hex_digits[byte >> 4];
    out += hex_digits[byte & 15];
  }
  return out;
}

std::string token_hash(std::string_view token) {
  return to_hex(sha256(token));
}

dedupe_key dedupe_key::of(std::string_view tenant, std::string_view job, std::uint64_t recipient_index) {
  std::array<char, 20> number;
  auto end = std::to_chars(number.data(), number.data() + number.size(), recipient_index).ptr;
  auto& h = thread_hasher();
  h.start();
  // Neither a tenant nor a job id may contain a line feed, so the three parts cannot run into each other.
  h.add(tenant);
  h.add("\n");
  h.add(job);
  h.add("\n");
  h.add({number.data(), static_cast<std::size_t>(end - number.data())});
  auto bytes = h.finish();
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x80);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);

  dedupe_key key;
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) key.text_[at++] = '-';
    key.text_[at++] = hex_digits[bytes[i] >> 4];
    key.text_[at++] = hex_digits[bytes[i] & 15];
  }
  return key;
}

}  // namespace dispatch
