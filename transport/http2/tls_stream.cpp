#include "transport/http2/tls_stream.hpp"

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <utility>
#include <vector>

#include "transport/http2/tls_context.hpp"

namespace dispatch::http2 {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr std::size_t read_size = std::size_t{16} * 1024;  // SSL_read gives one record at most
constexpr std::chrono::milliseconds shutdown_time{250};
constexpr std::chrono::milliseconds last_words_time{250};

}  // namespace

// Handlers hold it, so that late ones find it alive; `owner` is null once nobody wants to hear more.
struct tls_stream::impl : std::enable_shared_from_this<tls_stream::impl> {
  impl(asio::io_context& context, std::shared_ptr<tls_context> shared, const endpoint& to,
       stream_timeouts limits, handler& listener)
      : tls(std::move(shared)),
        peer(to),
        timeouts(limits),
        owner(&listener),
        resolver(context),
        stream(context, tls->make_client(peer)),
        timer(context) {
    // Records come thick and fast on a warm connection: keep OpenSSL from freeing its buffers in between.
    SSL_clear_mode(stream.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  }

  void open();
  void connect_next();
  void connected();
  void handshaken(const error_code& error);
  void read();
  void read_done(const error_code& error, std::size_t size);
  void write();
  void write_failed();
  void write_timeout() { fault(stream_fault::ended, "the connection broke while writing"); }
  void shutdown();
  void close();
  void fault(stream_fault what, const std::string& detail);
  void arm(std::chrono::nanoseconds span, void (impl::*then)());
  void disarm() {
    ++armed;
    timer.cancel();
  }
  void connect_timeout() { connect_failed("timed out"); }
  void connect_failed(const std::string& why);
  void tls_timeout() { fault(stream_fault::tls, "TLS handshake timed out"); }

  std::shared_ptr<tls_context> tls;  // before `stream`, whose SSL object calls back into it
  endpoint peer;
  stream_timeouts timeouts;
  handler* owner;
  tcp::resolver resolver;
  asio::ssl::stream<tcp::socket> stream;
  asio::steady_timer timer;
  std::vector<tcp::endpoint> addresses;
  std::size_t next_address = 0;
  unsigned armed = 0;    ///< tells the timer's late handlers from current ones
  unsigned attempt = 0;  ///< likewise for connecting to an address given up
  clock_type::time_point connect_deadline;
  std::string writing;
  std::array<std::uint8_t, read_size> buffer;
};

void tls_stream::impl::arm(std::chrono::nanoseconds span, void (impl::*then)()) {
  timer.expires_after(span);
  // cancel() does not reach a handler that is queued already.
  timer.async_wait([self = shared_from_this(), then, number = ++armed](const error_code& error) {
    if (!error && number == self->armed) (self.get()->*then)();
  });
}

void tls_stream::impl::open() {
  connect_deadline = clock_type::now() + timeouts.connect;
  if (peer.is_address) {
    // No look-up, and none of the resolver's thread.
    error_code error;
    const auto address = asio::ip::make_address(peer.host, error);
    const auto port = static_cast<asio::ip::port_type>(std::stoul(peer.port));
    if (!error) addresses.emplace_back(address, port);
    asio::post(stream.get_executor(), [self = shared_from_this()] {
      if (self->owner != nullptr) self->connect_next();
    });
    return;
  }
  arm(timeouts.connect, &impl::connect_timeout);
  resolver.async_resolve(
      peer.host, peer.port, asio::ip::resolver_base::numeric_service,
      [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
        if (self->owner == nullptr) return;
        if (error) return self->fault(stream_fault::connect, "name look-up: " + error.message());
        for (const auto& entry : found) self->addresses.push_back(entry.endpoint());
        self->connect_next();
      });
}

void tls_stream::impl::connect_next() {
  const auto now = clock_type::now();
  if (next_address == addresses.size() || now >= connect_deadline)
    return connect_failed("no address answers");
  // A dead address must not use up the time of those after it.
  const auto left = static_cast<clock_type::rep>(addresses.size() - next_address);
  const auto number = ++attempt;
  arm((connect_deadline - now) / left, &impl::connect_timeout);
  error_code ignored;
  auto& socket = stream.next_layer();
  socket.close(ignored);
  socket.async_connect(addresses[next_address++],
                       [self = shared_from_this(), number](const error_code& error) {
                         if (self->owner == nullptr || number != self->attempt) return;
                         if (error) return self->connect_failed(error.message());
                         self->connected();
                       });
}

void tls_stream::impl::connect_failed(const std::string& why) {
  if (owner == nullptr) return;
  if (next_address < addresses.size() && clock_type::now() < connect_deadline) return connect_next();
  fault(stream_fault::connect, why);
}

void tls_stream::impl::connected() {
  error_code ignored;
  stream.next_layer().set_option(tcp::no_delay(true), ignored);
  stream.next_layer().set_option(asio::socket_base::keep_alive(true), ignored);
  arm(timeouts.tls, &impl::tls_timeout);
  stream.async_handshake(asio::ssl::stream_base::client,
                         [self = shared_from_this()](const error_code& error) { self->handshaken(error); });
}

void tls_stream::impl::handshaken(const error_code& error) {
  if (owner == nullptr) return;
  if (error) {
    const auto refused = tls_context::refusal(stream.native_handle());
    return fault(stream_fault::tls, refused.empty() ? error.message() : refused);
  }
  const auto wrong = tls_context::check_agreed(stream.native_handle());
  if (!wrong.empty()) return fault(stream_fault::tls, wrong);
  disarm();
  owner->on_open();
  read();
}

void tls_stream::impl::read() {
  if (owner == nullptr) return;
  stream.async_read_some(asio::buffer(buffer),
                         [self = shared_from_this()](const error_code& error, std::size_t size) {
                           self->read_done(error, size);
                         });
}

void tls_stream::impl::read_done(const error_code& error, std::size_t size) {
  if (owner == nullptr) return;
  if (size != 0) owner->on_bytes({buffer.data(), size});
  if (owner == nullptr) return;
  if (!error) return read();
  // HTTP/2 has its own goodbye, so a missing close_notify (truncated) tells nothing here.
  const bool orderly = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  fault(stream_fault::ended, orderly ? "closed by the peer" : error.message());
}

void tls_stream::impl::write() {
  asio::async_write(stream, asio::buffer(writing),
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      self->writing.clear();
                      if (self->owner == nullptr) return;
                      if (error) return self->write_failed();
                      self->owner->on_written();
                    });
}

void tls_stream::impl::write_failed() {
  // The peer is gone, but what it said last (answers, GOAWAY) may still be in our receive buffer. The reads
  // come to the end by themselves; the timer is for the case that they do not.
  arm(last_words_time, &impl::write_timeout);
}

void tls_stream::impl::fault(stream_fault what, const std::string& detail) {
  auto* told = std::exchange(owner, nullptr);
  close();
  if (told != nullptr) told->on_fault(what, detail);
}

void tls_stream::impl::shutdown() {
  if (std::exchange(owner, nullptr) == nullptr) return;
  arm(shutdown_time, &impl::close);
  stream.async_shutdown([self = shared_from_this()](const error_code&) { self->close(); });
}

void tls_stream::impl::close() {
  owner = nullptr;
  disarm();
  resolver.cancel();
  error_code ignored;
  stream.next_layer().close(ignored);
}

tls_stream::tls_stream(asio::io_context& context, std::shared_ptr<tls_context> tls, const endpoint& peer,
                       stream_timeouts timeouts, handler& owner)
    : impl_(std::make_shared<impl>(context, std::move(tls), peer, timeouts, owner)) {}

tls_stream::~tls_stream() {
  // After shutdown() it is already on its own.
  if (impl_->owner != nullptr) impl_->close();
}

void tls_stream::open() {
  impl_->open();
}

void tls_stream::write(std::string& bytes) {
  std::swap(bytes, impl_->writing);
  impl_->write();
}

void tls_stream::shutdown() {
  impl_->shutdown();
}
void tls_stream::close() {
  impl_->close();
}

}  // namespace dispatch::http2
