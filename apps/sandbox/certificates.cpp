#include "apps/sandbox/certificates.hpp"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <stdexcept>

namespace dispatch::sandbox {
namespace {

constexpr int lifetime_days = 365;

void check(bool good) {
  if (!good) throw std::runtime_error("cannot make a certificate");
}

void set_random_serial(X509* certificate) {
  unsigned char bytes[16];
  check(RAND_bytes(bytes, sizeof bytes) == 1);
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive and of full length
  BIGNUM* number = BN_bin2bn(bytes, sizeof bytes, nullptr);
  check(number != nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  check(extension != nullptr);
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  check(added);
}

x509_handle blank(EVP_PKEY* key, const char* common_name) {
  x509_handle certificate(X509_new());
  check(certificate != nullptr);
  X509_set_version(certificate.get(), X509_VERSION_3);
  set_random_serial(certificate.get());
  // A clock some minutes behind must not refuse a fresh sandbox.
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400L * lifetime_days);
  check(X509_set_pubkey(certificate.get(), key) == 1);
  auto* name = X509_get_subject_name(certificate.get());
  check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0) == 1);
  return certificate;
}

bool is_address(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

}  // namespace

x509_handle make_ca_certificate(EVP_PKEY* key) {
  auto ca = blank(key, "dispatch-sandbox CA");
  check(X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get())) == 1);
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
  check(X509_sign(ca.get(), key, EVP_sha256()) > 0);
  return ca;
}

x509_handle make_server_certificate(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key, std::string_view host) {
  auto server = blank(key, "dispatch-sandbox");
  check(X509_set_issuer_name(server.get(), X509_get_subject_name(ca)) == 1);
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  const std::string own(host);
  if (own != "localhost" && own != "127.0.0.1" && own != "::1") {
    names += (is_address(own) ? ",IP:" : ",DNS:") + own;
  }
  add_extension(server.get(), ca, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(server.get(), ca, NID_key_usage, "critical,digitalSignature");
  add_extension(server.get(), ca, NID_ext_key_usage, "serverAuth");
  add_extension(server.get(), ca, NID_subject_key_identifier, "hash");
  add_extension(server.get(), ca, NID_authority_key_identifier, "keyid");
  add_extension(server.get(), ca, NID_subject_alt_name, names);
  check(X509_sign(server.get(), ca_key, EVP_sha256()) > 0);
  return server;
}

x509_handle make_client_certificate(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key, std::string_view bundle) {
  auto client = blank(key, "Apple Push Services of the dispatch-sandbox");
  check(X509_NAME_add_entry_by_NID(X509_get_subject_name(client.get()), NID_userId, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(bundle.data()),
                                   static_cast<int>(bundle.size()), -1, 0) == 1);
  check(X509_set_issuer_name(client.get(), X509_get_subject_name(ca)) == 1);
  add_extension(client.get(), ca, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(client.get(), ca, NID_key_usage, "critical,digitalSignature");
  add_extension(client.get(), ca, NID_ext_key_usage, "clientAuth");
  check(X509_sign(client.get(), ca_key, EVP_sha256()) > 0);
  return client;
}

std::string pack_p12(X509* certificate, EVP_PKEY* key, const std::string& password) {
  PKCS12* packed =
      PKCS12_create(password.c_str(), "dispatch-sandbox", key, certificate, nullptr, 0, 0, 0, 0, 0);
  check(packed != nullptr);
  unsigned char* der = nullptr;
  const auto size = i2d_PKCS12(packed, &der);
  PKCS12_free(packed);
  check(size > 0);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

std::string certificate_pem(X509* certificate) {
  bio_handle memory(BIO_new(BIO_s_mem()));
  check(memory && PEM_write_bio_X509(memory.get(), certificate) == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

x509_handle certificate_from_pem(std::string_view pem) {
  bio_handle memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  x509_handle certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (!certificate) throw std::runtime_error("cannot read a certificate");
  return certificate;
}

bool outlives_days(X509* certificate, int days) {
  std::time_t then = std::time(nullptr) + 86400L * days;
  return X509_cmp_time(X509_get0_notAfter(certificate), &then) > 0;
}

}  // namespace dispatch::sandbox
