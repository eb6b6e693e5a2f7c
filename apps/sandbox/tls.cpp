#include "apps/sandbox/tls.hpp"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <string_view>

namespace dispatch::sandbox {
namespace {

constexpr std::string_view protocol_h2 = "\x02h2";
constexpr std::string_view protocol_http1 = "\x08http/1.1";

int choose(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
           unsigned size, void* ours) {
  const auto wanted = *static_cast<const std::string_view*>(ours);
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(wanted.data()),
                            static_cast<unsigned>(wanted.size()), offered, size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

boost::asio::ssl::context make_tls_context(const credentials& with, alpn speaks) {
  namespace asio = boost::asio;
  asio::ssl::context context(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  static constexpr std::string_view protocols[] = {protocol_h2, protocol_http1};
  const auto& ours = protocols[static_cast<std::size_t>(speaks)];
  SSL_CTX_set_alpn_select_cb(context.native_handle(), choose, const_cast<std::string_view*>(&ours));
  context.use_certificate_chain(asio::buffer(with.server_chain_pem));
  context.use_private_key(asio::buffer(with.server_key_pem), asio::ssl::context::pem);
  // Asked of everyone, as there is one port; only APNs' callers may have one to show.
  context.set_verify_mode(asio::ssl::verify_peer);
  context.load_verify_file(with.ca_file.string());
  static constexpr unsigned char session_context[] = "dispatch-sandbox";
  SSL_CTX_set_session_id_context(context.native_handle(), session_context, sizeof session_context - 1);
  return context;
}

}  // namespace dispatch::sandbox
