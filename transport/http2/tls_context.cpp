#include "transport/http2/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace dispatch::http2 {
namespace {

constexpr std::size_t max_tickets = 4;
constexpr std::string_view alpn = "\x02h2\x08http/1.1";
constexpr std::size_t alpn_http2_only = 3;

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
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_set_ex_data(context_, context_index(), this);
  SSL_CTX_sess_set_new_cb(context_, keep_session);
}

tls_context::~tls_context() {
  for (auto* ticket : tickets_) SSL_SESSION_free(ticket);
  SSL_CTX_free(context_);
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

SSL* tls_context::make_client(const endpoint& peer, bool http1) {
  SSL* tls = SSL_new(context_);
  if (tls == nullptr) throw std::bad_alloc();
  const auto offered = http1 ? alpn.size() : alpn_http2_only;
  SSL_set_alpn_protos(tls, reinterpret_cast<const unsigned char*>(alpn.data()),
                      static_cast<unsigned>(offered));
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
