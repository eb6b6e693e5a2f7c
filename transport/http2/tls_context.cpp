#include "transport/http2/tls_context.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <new>
#include <string_view>
#include <utility>

#include "transport/crypto/client_identity.hpp"

namespace dispatch::http2 {
namespace {

constexpr std::size_t max_tickets = 4;
constexpr std::string_view alpn = "\x02h2\x08http/1.1";
constexpr std::size_t alpn_http2_only = 3;

// Of the SSL object: the tls_context it was made by. Index 0 (app data) belongs to Asio.
int owner_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

tls_context::tls_context(const std::string& ca_file) : trust_(shared_trust({ca_file})) {}

tls_context::~tls_context() {
  forget_tickets();
}

void tls_context::forget_tickets() {
  for (auto* ticket : std::exchange(tickets_, {})) SSL_SESSION_free(ticket);
}

void tls_context::use_identity(std::shared_ptr<const client_identity> identity) {
  // A session resumed is the client it was begun as.
  if (identity != identity_) forget_tickets();
  identity_ = std::move(identity);
}

int tls_context::keep_session(SSL* tls, SSL_SESSION* session) {
  auto* self = static_cast<tls_context*>(SSL_get_ex_data(tls, owner_index()));
  if (self->tickets_.size() == max_tickets) {
    SSL_SESSION_free(self->tickets_.front());
    self->tickets_.erase(self->tickets_.begin());
  }
  self->tickets_.push_back(session);
  return 1;  // we hold the reference now
}

SSL* tls_context::make_client(const endpoint& peer, bool http1) {
  SSL* tls = SSL_new(trust_->context());
  if (tls == nullptr) throw std::bad_alloc();
  SSL_set_ex_data(tls, owner_index(), this);
  const auto offered = http1 ? alpn.size() : alpn_http2_only;
  SSL_set_alpn_protos(tls, reinterpret_cast<const unsigned char*>(alpn.data()),
                      static_cast<unsigned>(offered));
  if (identity_) {
    SSL_use_certificate(tls, identity_->certificate.get());
    SSL_use_PrivateKey(tls, identity_->key.get());
    for (const auto& signer : identity_->chain) SSL_add1_chain_cert(tls, signer.get());
  }
  if (peer.is_address) {
    // Matches IP entries of the certificate only (RFC 9110 4.3.5). SNI takes names only (RFC 6066 3).
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), peer.host.c_str());
  } else {
    // RFC 9110 section 4.3.4: the common name is no name of a host, however few others there are.
    SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    SSL_set1_host(tls, peer.host.c_str());
    SSL_set_tlsext_host_name(tls, peer.host.c_str());
  }
  if (!tickets_.empty()) {
    SSL_set_session(tls, tickets_.back());
    SSL_SESSION_free(tickets_.back());
    tickets_.pop_back();
  }
  return tls;
}

bool tls_context::agreed_on_http2(SSL* tls) {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(tls, &chosen, &size);
  return std::string_view(reinterpret_cast<const char*>(chosen), size) == "h2";
}

std::string tls_context::refusal(SSL* tls) {
  const auto result = SSL_get_verify_result(tls);
  return result == X509_V_OK ? std::string() : X509_verify_cert_error_string(result);
}

}  // namespace dispatch::http2
