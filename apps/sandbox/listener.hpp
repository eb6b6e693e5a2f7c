#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "apps/sandbox/worker.hpp"

namespace dispatch::sandbox {

// The provider port. It lives on the first worker's thread and deals connections out in turn.
class listener {
 public:
  // Binds at once, so that the port is known before anything runs; throws when it is taken.
  listener(std::vector<std::unique_ptr<worker>>& workers, const boost::asio::ip::tcp::endpoint& at);

  boost::asio::ip::tcp::endpoint endpoint() const { return at_; }

  // The first worker's thread only. Closing refuses new connections and leaves the old ones.
  void open();
  void close();

 private:
  void bind();
  void accept();

  std::vector<std::unique_ptr<worker>>& workers_;
  boost::asio::ip::tcp::endpoint at_;
  std::optional<boost::asio::ip::tcp::acceptor> acceptor_;
  boost::asio::steady_timer retry_;
  bool accepting_ = false;
  std::size_t next_ = 0;
};

}  // namespace dispatch::sandbox
