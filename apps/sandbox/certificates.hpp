#pragma once

#include <string>
#include <string_view>

#include "apps/sandbox/openssl_handles.hpp"

namespace dispatch::sandbox {

// Start-up only: all throw std::runtime_error.
x509_handle make_ca_certificate(EVP_PKEY* key);

// For localhost, 127.0.0.1, ::1 and `host` (a name or an address).
x509_handle make_server_certificate(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key, std::string_view host);

// For TLS clients; `bundle` is the subject's UID, as in Apple's push certificates.
x509_handle make_client_certificate(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key, std::string_view bundle);
// Certificate and key as a .p12 (PKCS #12) under that password.
std::string pack_p12(X509* certificate, EVP_PKEY* key, const std::string& password);

std::string certificate_pem(X509* certificate);
x509_handle certificate_from_pem(std::string_view pem);

bool outlives_days(X509* certificate, int days);

}  // namespace dispatch::sandbox
