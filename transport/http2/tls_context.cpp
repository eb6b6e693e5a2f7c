#include "transport/http2/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "transport/crypto/client_identity.hpp"

namespace dispatch::http2 {
namespace {

constexpr std::size_t max_tickets = 4;
constexpr std::array<unsigned char, 3> alpn{2, 'h', '2'};

int context_index() {
  // Index 0 (app data) belongs to Asio.
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::string last_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

}  // namespace

tls_context::tls_context(const std::string& ca_file) : context_(SSL_CTX_new(TLS_client_method())) {
  if (context_ == nullptr) throw std::runtime_error("TLS: " + last_error());
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context_)
                                     : SSL_CTX_load_verify_file(context_, ca_file.c_str());
  if (loaded != 1) {
    SSL_CTX_free(context_);
    throw std::runtime_error("cannot read the trusted certificates of '" + ca_file + "': " + last_error());
  }
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_alpn_protos(context_, alpn.data(), alpn.size());
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_set_ex_data(context_, context_index(), this);
  SSL_CTX_sess_set_new_cb(context_, keep_session);
}

tls_context::~tls_context() {
  forget_tickets();
  SSL_CTX_free(context_);
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
  auto* self = static_cast<tls_context*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), context_index()));
  if (self->tickets_.size() == max_tickets) {
    SSL_SESSION_free(self->tickets_.front());
    self->tickets_.erase(self->tickets_.begin());
  }
  self->tickets_.push_back(session);
  return 1;  // we hold the reference now
}

SSL* tls_context::make_client(const endpoint& peer) {
  SSL* tls = SSL_new(context_);
  if (tls == nullptr) throw std::bad_alloc();
  if (identity_) {
    SSL_use_certificate(tls, identity_->certificate.get());
    SSL_use_PrivateKey(tls, identity_->key.get());
    for (const auto& signer : identity_->chain) SSL_add1_chain_cert(tls, signer.get());
  }
  if (peer.is_address) {
    // Matches IP entries of the certificate only (RFC 9110 4.3.5). SNI takes names only (RFC 6066 3).
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), peer.host.c_str());
  } else {
    SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
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

std::string tls_context::check_agreed(SSL* tls) {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(tls, &chosen, &size);
  if (size == 2 && std::memcmp(chosen, "h2", 2) == 0) return {};
  return "the peer does not speak HTTP/2 (no ALPN h2)";
}

std::string tls_context::refusal(SSL* tls) {
  const auto result = SSL_get_verify_result(tls);
  return result == X509_V_OK ? std::string() : X509_verify_cert_error_string(result);
}

}  // namespace dispatch::http2
