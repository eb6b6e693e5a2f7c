#include "transport/crypto/client_identity.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "core/digest.hpp"
#include "transport/files/regular_file.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_bytes = 65'536;

template <auto Free>
struct freed {
  template <class T>
  void operator()(T* it) const noexcept {
    Free(it);
  }
};
using bio_ptr = std::unique_ptr<BIO, freed<BIO_free>>;
using p12_ptr = std::unique_ptr<PKCS12, freed<PKCS12_free>>;
using library_ptr = std::unique_ptr<OSSL_LIB_CTX, freed<OSSL_LIB_CTX_free>>;
using provider_ptr = std::unique_ptr<OSSL_PROVIDER, freed<OSSL_PROVIDER_unload>>;

using identity_result = std::variant<client_identity_ptr, std::string>;

std::shared_ptr<X509> owned(X509* certificate) {
  return {certificate, X509_free};
}

bio_ptr reader_of(std::string_view bytes) {
  return bio_ptr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

int give_password(char* into, int size, int, void* from) {
  const auto& password = *static_cast<const std::string*>(from);
  const auto length = std::min(password.size(), static_cast<std::size_t>(size));
  password.copy(into, length);
  return static_cast<int>(length);
}

std::chrono::milliseconds end_of(const X509* certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return {};
  return std::chrono::seconds(timegm(&parts));
}

std::string der_of(const X509* certificate) {
  unsigned char* der = nullptr;
  const auto size = i2d_X509(const_cast<X509*>(certificate), &der);
  std::string bytes(reinterpret_cast<const char*>(der), size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(der);
  return bytes;
}

/// The key's own certificate first, whatever the order in the file.
identity_result pair_up(std::vector<std::shared_ptr<X509>> certificates, std::shared_ptr<EVP_PKEY> key) {
  if (certificates.empty()) return std::string("holds no certificate");
  if (!key) return std::string("holds no private key this password opens");
  const auto own = std::find_if(certificates.begin(), certificates.end(), [&](const auto& each) {
    return X509_check_private_key(each.get(), key.get()) == 1;
  });
  if (own == certificates.end()) return std::string("holds a key that is not its certificate's");
  std::rotate(certificates.begin(), own, own + 1);
  auto made = std::make_shared<client_identity>();
  made->certificate = std::move(certificates.front());
  certificates.erase(certificates.begin());
  made->chain = std::move(certificates);
  made->key = std::move(key);
  made->expires_at = end_of(made->certificate.get());
  made->fingerprint = to_hex(sha256(der_of(made->certificate.get())));
  return client_identity_ptr(std::move(made));
}

identity_result read_pem(std::string_view bytes, const std::string& password) {
  std::vector<std::shared_ptr<X509>> certificates;
  const auto list = reader_of(bytes);
  while (auto* each = PEM_read_bio_X509(list.get(), nullptr, nullptr, nullptr))
    certificates.push_back(owned(each));
  auto* key = PEM_read_bio_PrivateKey(reader_of(bytes).get(), nullptr, give_password,
                                      const_cast<std::string*>(&password));
  return pair_up(std::move(certificates), {key, EVP_PKEY_free});
}

/// What was read in a library context of its own, in the default one, where TLS lives.
std::shared_ptr<X509> moved_over(const X509* from) {
  const auto der = der_of(from);
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return owned(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

std::shared_ptr<EVP_PKEY> moved_over(const EVP_PKEY* from) {
  unsigned char* der = nullptr;
  const auto size = i2d_PrivateKey(from, &der);
  const unsigned char* at = der;
  std::shared_ptr<EVP_PKEY> made(size > 0 ? d2i_AutoPrivateKey(nullptr, &at, size) : nullptr, EVP_PKEY_free);
  OPENSSL_clear_free(der, size > 0 ? static_cast<std::size_t>(size) : 0);
  return made;
}

identity_result read_p12(std::string_view bytes, const std::string& password) {
  // Keychain Access still encrypts with RC2 and 3DES, which OpenSSL 3 has in its legacy provider only. Loaded
  // for this file alone: the process's own context keeps to what is sound.
  const library_ptr library(OSSL_LIB_CTX_new());
  const provider_ptr usual(OSSL_PROVIDER_load(library.get(), "default"));
  const provider_ptr legacy(OSSL_PROVIDER_load(library.get(), "legacy"));
  auto* packed = PKCS12_init_ex(NID_pkcs7_data, library.get(), nullptr);
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  // A failure frees it and sets it to null.
  d2i_PKCS12(&packed, &at, static_cast<long>(bytes.size()));
  const p12_ptr p12(packed);
  if (!p12) return std::string("is neither PEM nor PKCS #12");
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(p12.get(), password.c_str(), &key, &certificate, &others) != 1)
    return std::string("cannot be opened with this password");
  std::vector<std::shared_ptr<X509>> certificates;
  if (certificate) certificates.push_back(moved_over(certificate));
  for (int i = 0; i < sk_X509_num(others); ++i) certificates.push_back(moved_over(sk_X509_value(others, i)));
  auto own_key = key ? moved_over(key) : nullptr;
  sk_X509_pop_free(others, X509_free);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return pair_up(std::move(certificates), std::move(own_key));
}

}  // namespace

identity_result read_client_identity(std::string_view bytes, const std::string& password) {
  if (bytes.size() > max_bytes) return std::string("is larger than 64 KiB");
  const bool is_pem = bytes.find("-----BEGIN ") != std::string_view::npos;
  auto result = is_pem ? read_pem(bytes, password) : read_p12(bytes, password);
  // What OpenSSL queued may quote the input; nobody reads it from here.
  ERR_clear_error();
  return result;
}

identity_result load_client_identity(const std::string& file, const std::string& password_file) {
  std::string password;
  if (!password_file.empty()) {
    const auto read = read_file(password_file, max_bytes);
    if (std::holds_alternative<file_problem>(read))
      return "its password cannot be read from " + password_file;
    password = first_line(std::get<std::string>(read));
    if (password.empty()) return password_file + " holds no password on its first line";
  }
  const auto read = read_file(file, max_bytes);
  if (std::holds_alternative<file_problem>(read))
    return std::string(why_unreadable(file).empty() ? "is larger than 64 KiB" : "cannot be read");
  return read_client_identity(std::get<std::string>(read), password);
}

}  // namespace dispatch
