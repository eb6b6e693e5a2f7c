#pragma once

// What the connections to one origin share: the tickets to resume by, and what they trust (shared with other
// origins). Client side, TLS 1.2+ (RFC 8446, RFC 9113 9.2), ALPN h2, http/1.1 where wanted (RFC 7301). One
// thread after construction.

#include <memory>
#include <string>
#include <vector>

#include "transport/http2/endpoint.hpp"
#include "transport/http2/tls_trust.hpp"

struct ssl_st;
struct ssl_session_st;

namespace dispatch {
struct client_identity;
}

namespace dispatch::http2 {

class tls_context {
 public:
  /// `ca_file`: PEM; empty = the system's store. Throws std::runtime_error when it cannot be read.
  explicit tls_context(const std::string& ca_file);
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  /// What TLS objects made from now on show to a peer that asks for a certificate; nullptr: nothing.
  void use_identity(std::shared_ptr<const client_identity> identity);

  /// A new TLS object that will accept nobody but `peer`; the caller owns it (SSL_free) and keeps this
  /// object alive as long. `http1`: offers http/1.1 behind h2.
  ssl_st* make_client(const endpoint& peer, bool http1);

  /// After the handshake.
  static bool agreed_on_http2(ssl_st* tls);
  /// Why the peer's certificate was refused; empty when it was not.
  static std::string refusal(ssl_st* tls);

  /// OpenSSL's callback: a ticket came for a TLS object of make_client().
  static int keep_session(ssl_st* tls, ssl_session_st* session);

 private:
  void forget_tickets();

  std::shared_ptr<const tls_trust> trust_;
  std::shared_ptr<const client_identity> identity_;
  std::vector<ssl_session_st*> tickets_;  // each used once (RFC 8446 C.4), the newest last
};

}  // namespace dispatch::http2
