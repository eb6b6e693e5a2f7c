#include "apps/sandbox/client_certificate.hpp"

#include <openssl/evp.h>

#include "apps/sandbox/openssl_handles.hpp"

namespace dispatch::sandbox {

std::array<char, 8> short_hash(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  EVP_Digest(bytes.data(), bytes.size(), digest, nullptr, EVP_sha256(), nullptr);
  std::array<char, 8> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
  }
  return out;
}

client_certificate shown_by(SSL* ssl) {
  client_certificate found;
  const x509_handle shown(SSL_get1_peer_certificate(ssl));
  if (!shown) return found;
  char uid[256] = {};
  if (X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_userId, uid, sizeof uid) > 0) {
    found.bundle = uid;
  }
  unsigned char* der = nullptr;
  const auto size = i2d_X509(shown.get(), &der);
  if (size > 0) {
    found.hash = short_hash({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
  }
  return found;
}

}  // namespace dispatch::sandbox
