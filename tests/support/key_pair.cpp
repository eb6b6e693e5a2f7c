#include "tests/support/key_pair.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>

namespace dispatch::test {
namespace {

template <class Write>
std::string written(Write write) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  write(out.get());
  char* data = nullptr;
  const auto length = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

key_pair pems_of(EVP_PKEY* key) {
  key_pair made;
  made.private_pem =
      written([&](BIO* out) { PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
  made.public_pem = written([&](BIO* out) { PEM_write_bio_PUBKEY(out, key); });
  EVP_PKEY_free(key);
  return made;
}

}  // namespace

key_pair make_ec_keys(const char* group) {
  return pems_of(EVP_EC_gen(group));
}

key_pair make_rsa_keys(unsigned bits) {
  return pems_of(EVP_RSA_gen(bits));
}

}  // namespace dispatch::test
