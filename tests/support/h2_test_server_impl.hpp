#pragma once

// The inside of h2_test_server, shared by its two source files.

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "tests/support/h2_test_server.hpp"

namespace dispatch::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct h2_test_server::impl {
  class connection;

  struct counts {
    std::size_t accepted = 0;
    std::size_t open = 0;
    std::size_t resumed = 0;
    std::vector<std::string> clients;
    std::size_t most_streams = 0;
    std::size_t resets = 0;
    std::size_t pings = 0;
    std::vector<h2_request> ledger;
  };

  impl(const certificate_authority& authority, h2_server_options wanted, request_handler on_request,
       connection_handler on_open);
  void listen(std::uint16_t on_port);
  void accept();
  counts read() const {
    const std::lock_guard lock(mutex);
    return seen;
  }

  h2_server_options options;
  request_handler handle;
  connection_handler opened;
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  counts seen;
  std::vector<std::weak_ptr<connection>> connections;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  asio::io_context context{1};
  std::vector<std::shared_ptr<connection>> held;
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  tcp::acceptor acceptor{context};
  std::thread thread;
};

class h2_test_server::impl::connection final : public h2_server_connection,
                                               public std::enable_shared_from_this<connection> {
 public:
  connection(impl& server, tcp::socket socket, std::size_t number);
  ~connection() override;
  void start();

  std::size_t number() const override { return number_; }
  void answer(std::int32_t stream, int status, h2_headers headers, std::string body) override;
  void answer_part(std::int32_t stream, int status, std::string body) override;
  void inform(std::int32_t stream, int status) override;
  void trailers(std::int32_t stream, h2_headers headers) override;
  void reset(std::int32_t stream, std::uint32_t code) override;
  void goaway(std::int32_t last_stream, std::uint32_t code, std::string debug) override;
  void set_max_streams(std::uint32_t count) override;
  void raw(std::string bytes) override;
  void close() override;
  void abort() override;
  void stop_reading() override {
    reading_ = false;
    server_.held.push_back(shared_from_this());  // no handler keeps it alive any more
  }
  void stop_answering() override { answering_ = false; }

 private:
  struct stream_state {
    h2_request request;
    std::string answer;
    std::size_t sent = 0;
    bool end = true;
    h2_headers trailers;
  };
  struct callbacks;

  void open_session();
  void read();
  void flush();
  void gone();
  void submit(std::int32_t stream, int status, const h2_headers& headers, std::string body, bool end);

  impl& server_;
  asio::ssl::stream<tcp::socket> stream_;
  std::size_t number_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, stream_state> streams_;
  std::array<std::uint8_t, 16 * 1024> buffer_{};
  std::string pending_;
  std::string writing_;
  bool write_busy_ = false;
  bool reading_ = true;
  bool answering_ = true;
  bool closing_ = false;
  bool counted_ = false;
  bool in_receive_ = false;
};

}  // namespace dispatch::test
