#include "apps/sandbox/http1_receiver.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <utility>

namespace dispatch::sandbox {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::size_t max_header_bytes = 32 * 1024;
constexpr std::size_t max_body_bytes = 64 * 1024;
constexpr std::chrono::seconds accept_again{1};

class session : public std::enable_shared_from_this<session> {
 public:
  session(worker& owner, asio::ssl::context& tls, tcp::socket socket)
      : owner_(owner),
        id_(owner.shared().next_connection.fetch_add(1, std::memory_order_relaxed)),
        stream_(std::move(socket), tls),
        delay_(owner.context()) {
    owner_.shared().count.connections_total.fetch_add(1, std::memory_order_relaxed);
    owner_.shared().count.connections_open.fetch_add(1, std::memory_order_relaxed);
  }
  ~session() { owner_.shared().count.connections_open.fetch_sub(1, std::memory_order_relaxed); }

  void start() {
    stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](auto error) {
      if (!error) self->read();
    });
  }

 private:
  void read() {
    parser_.emplace();
    parser_->header_limit(max_header_bytes);
    parser_->body_limit(max_body_bytes);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](auto error, std::size_t) {
      if (!error) self->decide();
    });
  }

  std::string text_of(std::string_view name) const {
    const auto value = parser_->get()[{name.data(), name.size()}];
    return {value.data(), value.size()};
  }

  void decide() {
    const auto now = owner_.now();
    const auto& asked = parser_->get();
    with_.clear();
    with_.stream_id = ++requests_;
    with_.arrived_us = now.unix_us;
    with_.req.method = std::string(asked.method_string());
    with_.req.path = std::string(asked.target());
    with_.req.webhook_id = text_of("webhook-id");
    with_.req.webhook_timestamp = text_of("webhook-timestamp");
    with_.req.webhook_signature = text_of("webhook-signature");
    with_.req.body = asked.body();
    with_.req.body_bytes = with_.req.body.size();
    owner_.decide(with_, now);
    with_.ans.delay += std::chrono::milliseconds(owner_.shared().delay_ms.load(std::memory_order_relaxed));
    if (with_.ans.delay.count() == 0 || with_.ans.how == fate::hang) return settle();
    delay_.expires_after(with_.ans.delay);
    delay_.async_wait([self = shared_from_this()](auto) { self->settle(); });
  }

  void settle() {
    switch (with_.ans.how) {
      case fate::reply:
        log(with_.ans.status, with_.ans.reason);
        return answer();
      case fate::hang:
        log(0, "hang");
        return await_end();
      case fate::reset:
        log(0, "reset");
        return abort();
      case fate::refuse:
        log(0, "refused");
        return abort();
    }
  }

  void log(int status, std::string_view reason) {
    owner_.shared().count.count(with_.who, status);
    owner_.log(
        {with_.arrived_us, with_.who, status, with_.dedupe, with_.target, id_, with_.stream_id, reason});
    owner_.flush_ledger();
  }

  void answer() {
    const auto& made = with_.ans;
    response_ = {};
    response_.result(static_cast<unsigned>(made.status));
    if (!made.content_type.empty())
      response_.set(http::field::content_type, {made.content_type.data(), made.content_type.size()});
    if (made.retry_after_s) response_.set(http::field::retry_after, std::to_string(*made.retry_after_s));
    if (!made.location.empty()) response_.set(http::field::location, made.location);
    response_.keep_alive(parser_->get().keep_alive());
    response_.body() = made.body;
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](auto error, std::size_t) {
      if (!error && self->response_.keep_alive()) self->read();
    });
  }

  // Nothing more is said; the client's end of the connection ends this one.
  void await_end() {
    stream_.async_read_some(asio::buffer(ignored_), [self = shared_from_this()](auto error, std::size_t) {
      if (!error) self->await_end();
    });
  }

  void abort() {
    boost::system::error_code ignored;
    stream_.next_layer().set_option(asio::socket_base::linger(true, 0), ignored);
    stream_.next_layer().close(ignored);
  }

  worker& owner_;
  const std::uint64_t id_;
  asio::ssl::stream<tcp::socket> stream_;
  asio::steady_timer delay_;
  boost::beast::flat_buffer buffer_{max_header_bytes + max_body_bytes};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  exchange with_;
  std::int32_t requests_ = 0;
  std::array<char, 1024> ignored_;
};

}  // namespace

struct http1_receiver::state : std::enable_shared_from_this<state> {
  state(worker& on, asio::ssl::context& with, const tcp::endpoint& at)
      : owner(on), tls(with), acceptor(on.context(), at), retry(on.context()) {}

  void accept() {
    acceptor.async_accept([self = shared_from_this()](auto error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) {
        std::make_shared<session>(self->owner, self->tls, std::move(socket))->start();
        return self->accept();
      }
      // Out of descriptors, as a rule: some will be free in a moment.
      self->retry.expires_after(accept_again);
      self->retry.async_wait([self](auto cancelled) {
        if (!cancelled) self->accept();
      });
    });
  }

  worker& owner;
  asio::ssl::context& tls;
  tcp::acceptor acceptor;
  asio::steady_timer retry;
};

http1_receiver::http1_receiver(worker& on, asio::ssl::context& tls, const tcp::endpoint& at)
    : state_(std::make_shared<state>(on, tls, at)) {}

http1_receiver::~http1_receiver() = default;

std::uint16_t http1_receiver::port() const {
  return state_->acceptor.local_endpoint().port();
}

void http1_receiver::open() {
  state_->accept();
}

void http1_receiver::close() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->retry.cancel();
}

}  // namespace dispatch::sandbox
