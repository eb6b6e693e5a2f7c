#include "apps/sandbox/control_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace dispatch::sandbox {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr std::size_t max_sessions = 64;
constexpr std::chrono::seconds request_limit{30};

// Outlives the server as long as a connection is open.
struct desk {
  control_server::handler handle;
  std::size_t live = 0;
};

class session : public std::enable_shared_from_this<session> {
 public:
  session(tcp::socket socket, std::shared_ptr<desk> at) : stream_(std::move(socket)), desk_(std::move(at)) {
    ++desk_->live;
  }
  ~session() { --desk_->live; }

  void read() {
    parser_.emplace();
    parser_->header_limit(8 * 1024);
    parser_->body_limit(64 * 1024);
    stream_.expires_after(request_limit);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](auto error, std::size_t) {
      if (!error) return self->reply();
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    });
  }

 private:
  void reply() {
    const auto& asked = parser_->get();
    auto made = desk_->handle({asked.method_string().data(), asked.method_string().size()},
                              {asked.target().data(), asked.target().size()}, asked.body());
    response_ = {static_cast<http::status>(made.status), asked.version()};
    response_.set(http::field::content_type, "application/json");
    response_.keep_alive(asked.keep_alive());
    response_.body() = std::move(made.body) + "\n";
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](auto error, std::size_t) {
      if (!error && self->response_.keep_alive()) return self->read();
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{128 * 1024};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::shared_ptr<desk> desk_;
};

}  // namespace

struct control_server::state {
  state(asio::io_context& io, std::uint16_t port, handler with)
      : at(std::make_shared<desk>(desk{std::move(with)})),
        acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), port)),
        retry(io) {}

  void accept() {
    acceptor.async_accept([this](auto error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        retry.expires_after(std::chrono::milliseconds(100));
        return retry.async_wait([this](auto cancelled) {
          if (!cancelled) accept();
        });
      }
      // Past the limit the socket is closed right here, by going out of scope.
      if (at->live < max_sessions) std::make_shared<session>(std::move(socket), at)->read();
      accept();
    });
  }

  std::shared_ptr<desk> at;
  tcp::acceptor acceptor;
  asio::steady_timer retry;
};

control_server::control_server(asio::io_context& io, std::uint16_t port, handler handle)
    : state_(std::make_shared<state>(io, port, std::move(handle))) {}

control_server::~control_server() = default;

std::uint16_t control_server::port() const {
  return state_->acceptor.local_endpoint().port();
}

void control_server::start() {
  state_->accept();
}

}  // namespace dispatch::sandbox
