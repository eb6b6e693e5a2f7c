#pragma once

// What is behind the HTTP server's plain face: the listening socket and its connections, on Beast. Inner
// header, included by server.cpp alone, so that Beast is compiled once.

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "transport/http/server.hpp"
#include "transport/io_thread.hpp"

namespace dispatch::http_connections {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

inline constexpr std::size_t read_chunk = 4'096;

class session;

/// The listening socket and its connections. On the io thread, but for what says otherwise.
class listener : public std::enable_shared_from_this<listener> {
 public:
  listener(io_thread& owner, http_server_options given, http_async_handler on_request);

  void accept();
  void stop();  ///< not on the io thread
  void left(const std::shared_ptr<session>& gone);

  const http_server_options options;
  const http_async_handler handler;
  std::uint16_t port = 0;
  bool stopping = false;

 private:
  void accepted(tcp::socket socket);
  void count();

  io_thread& thread_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::unordered_set<std::shared_ptr<session>> sessions_;
  std::size_t refusing_ = 0;
  // For stop() to wait on.
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::condition_variable emptied_;
  std::size_t open_ = 0;
};

/// One connection: requests one after the other, each answered before the next is read.
class session : public std::enable_shared_from_this<session> {
 public:
  session(std::shared_ptr<listener> owner, tcp::socket socket, std::string remote, bool is_refused)
      : refused(is_refused),
        owner_(std::move(owner)),
        stream_(std::move(socket)),
        remote_(std::move(remote)),
        buffer_(owner_->options.header_limit + 16 * read_chunk) {}

  void start();
  void finish();  ///< the server stops: an idle connection closes, another after its answer
  void close();
  void answer(http_response response);

  const bool refused;

 private:
  enum class phase { idle, reading, waiting, writing, lingering, closed };

  void await_request();
  void read_header();
  void header_read(error_code error);
  void send_continue();
  void read_body();
  void failed(error_code error);
  void handle();
  void reject(int status, std::string_view detail);
  void write(const http_response& response);
  void linger();
  void discard();

  std::shared_ptr<listener> owner_;
  beast::tcp_stream stream_;
  std::string remote_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::string out_;
  phase phase_ = phase::idle;
  bool first_ = true, keep_alive_ = false, head_ = false, version_10_ = false;
  std::size_t discarded_ = 0;
};

}  // namespace dispatch::http_connections
