#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "apps/sandbox/worker.hpp"

namespace dispatch::sandbox {

// A second port for receivers that know no HTTP/2: HTTP/1.1 over TLS, one request at a time a connection,
// with the same answers and ledger as the first. On one worker's thread.
class http1_receiver {
 public:
  // Binds at once; throws when the port is taken.
  http1_receiver(worker& on, boost::asio::ssl::context& tls, const boost::asio::ip::tcp::endpoint& at);
  ~http1_receiver();

  std::uint16_t port() const;

  // The worker's thread only.
  void open();
  void close();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch::sandbox
