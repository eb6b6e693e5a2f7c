#include "transport/http/server.hpp"

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <stdexcept>

#include "transport/http/connections.hpp"
#include "transport/http/wire.hpp"

namespace dispatch {
namespace http_connections {
namespace {

// Refused connections get their 503 in peace, but not any number of them.
constexpr std::size_t max_refusing = 64;
constexpr std::size_t max_discarded = 1 << 20;
constexpr std::chrono::milliseconds linger_timeout{1'000};
constexpr std::chrono::milliseconds accept_pause{100};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// The answer to what could not be read; 0: nobody to answer to.
int status_of(error_code error) {
  if (error.category() != http::make_error_code(http::error::bad_method).category()) return 0;
  switch (static_cast<http::error>(error.value())) {
    case http::error::end_of_stream:
    case http::error::partial_message:
      return 0;
    case http::error::header_limit:
    case http::error::buffer_overflow:
      return 431;
    case http::error::body_limit:
      return 413;
    case http::error::bad_version:
      return 505;
    default:
      return 400;
  }
}

/// Answers once; when nobody ever did, 503: a connection must not wait for ever.
class pending_reply {
 public:
  pending_reply(std::weak_ptr<session> to, beast::tcp_stream::executor_type where)
      : to_(std::move(to)), where_(std::move(where)) {}
  pending_reply(const pending_reply&) = delete;
  pending_reply& operator=(const pending_reply&) = delete;
  ~pending_reply() { send(http_wire::problem(503, "the request was given up")); }

  void send(http_response response) {
    if (sent_.exchange(true) || to_.expired()) return;
    asio::dispatch(where_, [to = to_, answer = std::move(response)]() mutable {
      if (const auto alive = to.lock()) alive->answer(std::move(answer));
    });
  }

 private:
  std::weak_ptr<session> to_;
  beast::tcp_stream::executor_type where_;
  std::atomic<bool> sent_ = false;
};

http_async_handler answering_at_once(http_handler handler) {
  return [handler = std::move(handler)](http_request&& request, const http_reply& reply) {
    reply(handler(request));
  };
}

}  // namespace

void session::start() {
  if (refused) return reject(503, "too many connections");
  await_request();
}

void session::await_request() {
  phase_ = phase::idle;
  if (owner_->stopping) return close();
  if (buffer_.size() > 0) return read_header();
  stream_.expires_after(first_ ? owner_->options.header_timeout : owner_->options.idle_timeout);
  stream_.async_read_some(buffer_.prepare(read_chunk),
                          [self = shared_from_this()](error_code error, std::size_t n) {
                            if (error) return self->close();
                            self->buffer_.commit(n);
                            self->read_header();
                          });
}

void session::read_header() {
  phase_ = phase::reading;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(owner_->options.header_limit));
  parser_->body_limit(owner_->options.body_limit);
  // One deadline over all reads of the header: a client that drips gains nothing.
  stream_.expires_after(owner_->options.header_timeout);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code error, std::size_t) { self->header_read(error); });
}

void session::header_read(error_code error) {
  if (error) return failed(error);
  const auto& head = parser_->get();
  version_10_ = head.version() == 10;
  head_ = head.method() == http::verb::head;
  if (head.version() != 10 && head.version() != 11) return reject(505, "HTTP/1.1 only");
  // RFC 9112 section 3.2: a request without a Host, or with two, is refused.
  const auto hosts = head.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && !version_10_)) return reject(400, "exactly one Host header is needed");
  if (const auto expect = head[http::field::expect]; !expect.empty() && !version_10_) {
    if (!beast::iequals(expect, "100-continue")) return reject(417, "unknown expectation");
    if (!parser_->is_done()) return send_continue();
  }
  read_body();
}

void session::send_continue() {
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  stream_.expires_after(owner_->options.write_timeout);
  asio::async_write(stream_, asio::buffer(go_on.data(), go_on.size()),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (error) return self->close();
                      self->read_body();
                    });
}

void session::read_body() {
  if (parser_->is_done()) return handle();
  stream_.expires_after(owner_->options.body_timeout);
  http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
    if (error) return self->failed(error);
    self->handle();
  });
}

void session::failed(error_code error) {
  const auto status = status_of(error);
  if (status == 0) return close();
  reject(status, error.message());
}

void session::handle() {
  phase_ = phase::waiting;
  stream_.expires_never();
  auto message = parser_->release();
  keep_alive_ = message.keep_alive();
  http_request request;
  request.method = message.method_string();
  request.target = message.target();
  request.remote_address = remote_;
  for (const auto& field : message) request.headers.emplace_back(lower(field.name_string()), field.value());
  request.body = std::move(message.body());
  const auto pending = std::make_shared<pending_reply>(weak_from_this(), stream_.get_executor());
  try {
    owner_->handler(std::move(request),
                    [pending](http_response response) { pending->send(std::move(response)); });
  } catch (const std::exception&) {
    // What a handler throws may hold anything; it is not for the client.
    pending->send(http_wire::problem(503, "the request could not be handled"));
  }
}

void session::answer(http_response response) {
  if (phase_ != phase::waiting) return;
  write(response);
}

void session::reject(int status, std::string_view detail) {
  // What follows in the stream cannot be trusted to be a request.
  keep_alive_ = false;
  write(http_wire::problem(status, detail));
}

void session::write(const http_response& response) {
  phase_ = phase::writing;
  if (owner_->stopping) keep_alive_ = false;
  out_ = http_wire::serialize(response, {!head_, keep_alive_, version_10_}, std::chrono::system_clock::now());
  stream_.expires_after(owner_->options.write_timeout);
  asio::async_write(stream_, asio::buffer(out_), [self = shared_from_this()](error_code error, std::size_t) {
    if (error) return self->close();
    self->out_.clear();
    self->out_.shrink_to_fit();
    if (!self->keep_alive_) return self->linger();
    self->parser_.reset();
    self->first_ = false;
    self->await_request();
  });
}

// Closing with unread bytes makes the kernel send a reset, which can overtake the answer (RFC 9112
// section 9.6).
void session::linger() {
  phase_ = phase::lingering;
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(linger_timeout);
  discard();
}

void session::discard() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(read_chunk),
                          [self = shared_from_this()](error_code error, std::size_t n) {
                            self->discarded_ += n;
                            if (error || self->discarded_ > max_discarded) return self->close();
                            self->discard();
                          });
}

void session::finish() {
  if (phase_ == phase::idle || phase_ == phase::lingering) close();
}

void session::close() {
  if (phase_ == phase::closed) return;
  phase_ = phase::closed;
  stream_.close();
  owner_->left(shared_from_this());
}

listener::listener(io_thread& owner, http_server_options given, http_async_handler on_request)
    : options(std::move(given)),
      handler(std::move(on_request)),
      thread_(owner),
      acceptor_(owner.context()),
      pause_(owner.context()) {
  try {
    const tcp::endpoint where(asio::ip::make_address(options.address), options.port);
    acceptor_.open(where.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    if (where.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(true));
    acceptor_.bind(where);
    acceptor_.listen();
    port = acceptor_.local_endpoint().port();
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("cannot listen on " + options.address + ':' + std::to_string(options.port) +
                             ": " + error.code().message());
  }
}

void listener::accept() {
  if (stopping) return;
  acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    if (self->stopping) return;
    if (!error) {
      self->accepted(std::move(socket));
      return self->accept();
    }
    // Most likely out of descriptors: trying again at once would spin.
    self->pause_.expires_after(accept_pause);
    self->pause_.async_wait([self](error_code) { self->accept(); });
  });
}

void listener::accepted(tcp::socket socket) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  socket.set_option(tcp::no_delay(true), error);
  const bool refuse = sessions_.size() - refusing_ >= options.max_connections;
  if (refuse && refusing_ >= max_refusing) return;
  const auto made =
      std::make_shared<session>(shared_from_this(), std::move(socket), remote.address().to_string(), refuse);
  if (refuse) ++refusing_;
  sessions_.insert(made);
  count();
  made->start();
}

void listener::left(const std::shared_ptr<session>& gone) {
  if (sessions_.erase(gone) > 0 && gone->refused) --refusing_;
  count();
}

void listener::count() {
  const std::lock_guard lock(mutex_);
  open_ = sessions_.size();
  if (open_ == 0) emptied_.notify_all();
}

void listener::stop() {
  if (stopped_.exchange(true)) return;
  thread_.run([this] {
    stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    const auto all = sessions_;  // finish() takes out of it
    for (const auto& each : all) each->finish();
  });
  {
    std::unique_lock lock(mutex_);
    emptied_.wait_for(lock, options.stop_grace, [this] { return open_ == 0; });
  }
  thread_.run([this] {
    const auto all = sessions_;
    for (const auto& each : all) each->close();
  });
}

}  // namespace http_connections

struct http_server::state {
  std::shared_ptr<http_connections::listener> listening;
};

http_server::http_server(io_thread& thread, http_server_options options, http_handler handler)
    : http_server(thread, std::move(options), http_connections::answering_at_once(std::move(handler))) {}

http_server::http_server(io_thread& thread, http_server_options options, http_async_handler handler)
    : state_(std::make_shared<state>()) {
  state_->listening =
      std::make_shared<http_connections::listener>(thread, std::move(options), std::move(handler));
  thread.post([listening = state_->listening] { listening->accept(); });
}

http_server::~http_server() {
  stop();
}

std::uint16_t http_server::port() const noexcept {
  return state_->listening->port;
}

void http_server::stop() {
  state_->listening->stop();
}

}  // namespace dispatch
