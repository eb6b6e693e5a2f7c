#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "apps/sandbox/control_commands.hpp"

namespace dispatch::sandbox {

// HTTP/1.1 on 127.0.0.1 for the commands. Headers 8 KiB, bodies 64 KiB, 30 s for a request, 64 connections.
class control_server {
 public:
  // Runs on the control thread.
  using handler =
      std::function<control_reply(std::string_view method, std::string_view target, std::string_view body)>;

  // Binds at once; throws when the port is taken.
  control_server(boost::asio::io_context& io, std::uint16_t port, handler handle);
  ~control_server();

  std::uint16_t port() const;
  void start();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace dispatch::sandbox
