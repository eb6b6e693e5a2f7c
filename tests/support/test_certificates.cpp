#include "tests/support/test_certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace dispatch::test {
namespace {

template <auto Free>
struct freed {
  template <class T>
  void operator()(T* it) const {
    Free(it);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>>;
using cert_ptr = std::unique_ptr<X509, freed<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, freed<BIO_free>>;
using library_ptr = std::unique_ptr<OSSL_LIB_CTX, freed<OSSL_LIB_CTX_free>>;
using provider_ptr = std::unique_ptr<OSSL_PROVIDER, freed<OSSL_PROVIDER_unload>>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const bio_ptr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  const bio_ptr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) throw std::runtime_error("certificate extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

cert_ptr blank(EVP_PKEY* key, const char* name, long serial) {
  cert_ptr made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_pubkey(made.get(), key);
  return made;
}

}  // namespace

struct certificate_authority::impl {
  key_ptr key{EVP_EC_gen("P-256")};
  cert_ptr certificate;
  long serial = 1;
};

certificate_authority::certificate_authority() : impl_(std::make_unique<impl>()) {
  auto* key = impl_->key.get();
  impl_->certificate = blank(key, "test authority", impl_->serial);
  auto* self = impl_->certificate.get();
  X509_set_issuer_name(self, X509_get_subject_name(self));
  extend(self, self, NID_basic_constraints, "critical,CA:TRUE");
  extend(self, self, NID_key_usage, "critical,keyCertSign");
  X509_sign(self, key, EVP_sha256());

  file_ = "/tmp/duru-test-ca-XXXXXX";
  const int descriptor = mkstemp(file_.data());
  const auto pem = pem_of(self);
  if (descriptor < 0 || write(descriptor, pem.data(), pem.size()) != static_cast<ssize_t>(pem.size()))
    throw std::runtime_error("cannot write " + file_);
  ::close(descriptor);
}

certificate_authority::~certificate_authority() {
  unlink(file_.c_str());
}

certificate_authority::identity certificate_authority::issue(const std::vector<std::string>& names,
                                                             const std::string& common_name) const {
  const key_ptr key(EVP_EC_gen("P-256"));
  const auto made = blank(key.get(), common_name.c_str(), ++impl_->serial);
  auto* issuer = impl_->certificate.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  std::string all;
  for (const auto& name : names) all += (all.empty() ? "" : ",") + name;
  if (!all.empty()) extend(made.get(), issuer, NID_subject_alt_name, all);
  X509_sign(made.get(), impl_->key.get(), EVP_sha256());
  return {pem_of(made.get()), pem_of(key.get())};
}

certificate_authority::identity certificate_authority::issue_client(const std::string& name, int days) const {
  const key_ptr key(EVP_EC_gen("P-256"));
  const auto made = blank(key.get(), name.c_str(), ++impl_->serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -86'400 * 400L);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400L * days);
  X509_set_issuer_name(made.get(), X509_get_subject_name(impl_->certificate.get()));
  X509_sign(made.get(), impl_->key.get(), EVP_sha256());
  return {pem_of(made.get()), pem_of(key.get())};
}

std::string certificate_authority::pem() const {
  return pem_of(impl_->certificate.get());
}

std::string p12_of(const certificate_authority::identity& what, const std::string& password, bool legacy) {
  const library_ptr library(OSSL_LIB_CTX_new());
  const provider_ptr usual(OSSL_PROVIDER_load(library.get(), "default"));
  const provider_ptr old(OSSL_PROVIDER_load(library.get(), "legacy"));
  const auto bytes = [](const std::string& text) {
    return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  };
  const cert_ptr certificate(PEM_read_bio_X509(bytes(what.certificate_pem).get(), nullptr, nullptr, nullptr));
  const key_ptr key(PEM_read_bio_PrivateKey_ex(bytes(what.key_pem).get(), nullptr, nullptr, nullptr,
                                               library.get(), nullptr));
  const std::unique_ptr<PKCS12, freed<PKCS12_free>> packed(
      PKCS12_create_ex(password.c_str(), "test", key.get(), certificate.get(), nullptr,
                       legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : 0,
                       legacy ? NID_pbe_WithSHA1And40BitRC2_CBC : 0, 0, 0, 0, library.get(), nullptr));
  if (!packed) throw std::runtime_error("cannot make a .p12");
  const bio_ptr out(BIO_new(BIO_s_mem()));
  i2d_PKCS12_bio(out.get(), packed.get());
  return text_of(out.get());
}

}  // namespace dispatch::test
