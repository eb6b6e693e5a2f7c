#pragma once

#include <boost/asio/ssl/context.hpp>

#include "apps/sandbox/credentials.hpp"

namespace dispatch::sandbox {

// TLS 1.2 and up with ALPN h2; a client that does not offer h2 is turned away in the handshake, and so is one
// that shows a certificate the sandbox's CA has not signed. It need not show any.
boost::asio::ssl::context make_tls_context(const credentials& with);

}  // namespace dispatch::sandbox
