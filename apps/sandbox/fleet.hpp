#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "apps/sandbox/http1_receiver.hpp"
#include "apps/sandbox/listener.hpp"
#include "apps/sandbox/worker.hpp"

namespace dispatch::sandbox {

// The io threads and their listener. The commands are for the control thread: they return when every worker
// has done its part.
class fleet {
 public:
  fleet(shared_state& shared, ledger_file& ledger, boost::asio::ssl::context& tls, std::size_t threads,
        const boost::asio::ip::tcp::endpoint& at, boost::asio::ssl::context& http1_tls);
  ~fleet();

  std::uint16_t port() const { return listener_->endpoint().port(); }
  std::uint16_t http1_port() const { return http1_->port(); }
  void start();
  void stop();

  void go_away(goaway_mode mode);
  void limit_streams(std::uint32_t at_most);
  void drop();
  // False when the port could not be bound again.
  bool accept(bool enabled);
  // Everything logged so far is in the file afterwards.
  void flush_ledger();

 private:
  void everywhere(const std::function<void(worker&)>& job);

  shared_state& shared_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::unique_ptr<listener> listener_;
  std::unique_ptr<http1_receiver> http1_;
  std::vector<std::thread> threads_;
};

}  // namespace dispatch::sandbox
