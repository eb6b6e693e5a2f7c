#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <thread>

#include "apps/sandbox/smtp/post_office.hpp"

namespace dispatch::sandbox {

// A submission port: an io thread of its own around smtp_session. At most 256 connections at once; further
// ones are closed. With `tls_at_once` it is what smtps:// means (RFC 8314 3.3): TLS from the first byte.
class smtp_server {
 public:
  static constexpr std::size_t max_connections = 256;

  // Binds at once; throws when the port is taken.
  smtp_server(post_office& office, shared_state& shared, boost::asio::ssl::context& tls,
              const boost::asio::ip::tcp::endpoint& at, bool tls_at_once);
  ~smtp_server();

  std::uint16_t port() const;
  void start();
  // Closes everything and joins the thread.
  void stop();

 private:
  struct state;
  std::unique_ptr<state> state_;
  std::thread thread_;
};

}  // namespace dispatch::sandbox
