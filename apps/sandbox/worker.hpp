#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "apps/sandbox/connection.hpp"
#include "apps/sandbox/delay_queue.hpp"
#include "apps/sandbox/ledger.hpp"
#include "apps/sandbox/responder.hpp"
#include "apps/sandbox/shared_state.hpp"

namespace dispatch::sandbox {

// One io thread and its connections. A loop turn handles what is ready (up to a bound), then writes the
// ledger, then the sockets: one write each however many requests came.
class worker {
 public:
  worker(shared_state& shared, ledger_file& ledger, boost::asio::ssl::context& tls);
  ~worker();

  // Any thread.
  boost::asio::io_context& context() { return io_; }
  void stop();

  // The worker's thread only, as all below.
  void run();
  void adopt(boost::asio::ip::tcp::socket socket);
  void for_each(const std::function<void(connection&)>& visit);

  // For its connections.
  shared_state& shared() { return shared_; }
  boost::asio::ssl::context& tls() { return tls_; }
  moment now() const;
  void decide(exchange& with, moment when) { responder_.decide(with, when); }
  void log(const ledger_line& line) { lines_.add(line); }
  void flush_ledger() { lines_.flush(); }
  bool wait(delayed_answer entry);
  void wants_flush(connection& which);
  void forget(std::uint64_t id);

 private:
  static constexpr int handlers_per_turn = 256;

  void end_turn();
  void arm_delay_timer();
  void release_due();

  shared_state& shared_;
  boost::asio::ssl::context& tls_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer delay_timer_;
  steady_time armed_for_ = steady_time::max();
  responder responder_;
  ledger_buffer lines_;
  delay_queue delays_;
  boost::unordered_flat_map<std::uint64_t, std::shared_ptr<connection>> connections_;
  std::vector<std::shared_ptr<connection>> dirty_, flushing_;
};

}  // namespace dispatch::sandbox
