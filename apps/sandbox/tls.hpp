#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>

#include "apps/sandbox/credentials.hpp"

namespace dispatch::sandbox {

enum class alpn : std::uint8_t { h2, http1 };

// TLS 1.2 and up with one protocol of ALPN; a client that does not offer it is turned away in the handshake,
// and so is one that shows a certificate the sandbox's CA has not signed. It need not show any.
boost::asio::ssl::context make_tls_context(const credentials& with, alpn speaks);

}  // namespace dispatch::sandbox
