#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace dispatch::sandbox {

struct openssl_free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

using pkey_handle = std::unique_ptr<EVP_PKEY, openssl_free>;
using x509_handle = std::unique_ptr<X509, openssl_free>;
using md_context_handle = std::unique_ptr<EVP_MD_CTX, openssl_free>;
using bio_handle = std::unique_ptr<BIO, openssl_free>;

}  // namespace dispatch::sandbox
