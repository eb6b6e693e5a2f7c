#pragma once

// Answers on their way to the io thread. Whoever answers does so for many connections at once, and a
// hand-over for each would wake and lock that thread as often. Inner header.

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "transport/http/message.hpp"

namespace dispatch::http_connections {

class session;

class reply_outbox : public std::enable_shared_from_this<reply_outbox> {
 public:
  explicit reply_outbox(boost::asio::io_context::executor_type where) : where_(where) {}

  /// Any thread; on the io thread it is answered at once. Holds at most what requests the sessions have room
  /// for.
  void push(const std::weak_ptr<session>& to, std::uint64_t number, http_response response);

 private:
  struct reply {
    std::weak_ptr<session> to;
    std::uint64_t number;
    http_response response;
  };
  void drain();

  const boost::asio::io_context::executor_type where_;
  std::mutex mutex_;
  std::vector<reply> waiting_;  ///< not empty: drain() is under way
};

}  // namespace dispatch::http_connections
