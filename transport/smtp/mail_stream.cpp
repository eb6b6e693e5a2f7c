#include "transport/smtp/mail_stream.hpp"

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
#include <boost/system/system_error.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "transport/http2/tls_context.hpp"
#include "transport/shortage.hpp"

namespace dispatch::smtp {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr std::size_t read_size = std::size_t{4} * 1024;  // replies are short

}  // namespace

// Handlers hold it, so that late ones find it alive; `owner` is null once nobody wants to hear more.
struct mail_stream::impl : std::enable_shared_from_this<mail_stream::impl> {
  impl(asio::io_context& context, std::shared_ptr<http2::tls_context> shared, const http2::endpoint& to,
       stream_timeouts limits, handler& listener)
      : tls(std::move(shared)),
        peer(to),
        timeouts(limits),
        owner(&listener),
        resolver(context),
        socket(context),
        timer(context) {}

  void open();
  void connect_next();
  void connected();
  void handshake(void (handler::*then)());
  void handshaken(const error_code& error, void (handler::*then)());
  void read();
  void read_done(const error_code& error, std::size_t size);
  void write();
  void tell(fault what, const std::string& detail);
  void close();
  void arm(std::chrono::nanoseconds span, void (impl::*then)());
  void disarm() {
    ++armed;
    timer.cancel();
  }
  void connect_timeout() { connect_failed("timed out"); }
  void connect_failed(const std::string& why);
  void connect_refused(const error_code& error);
  void resolve();
  void lack(shortage what) { tell(fault::shortage, std::string(to_string(what))); }
  void tls_timeout() { tell(fault::tls, "TLS handshake timed out"); }

  std::shared_ptr<http2::tls_context> tls;  // before `secured`, whose SSL object calls back into it
  http2::endpoint peer;
  stream_timeouts timeouts;
  handler* owner;
  tcp::resolver resolver;
  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> secured;
  asio::steady_timer timer;
  std::vector<tcp::endpoint> addresses;
  std::size_t next_address = 0;
  unsigned armed = 0;    ///< tells the timer's late handlers from current ones
  unsigned attempt = 0;  ///< likewise for connecting to an address given up
  bool tls_at_once = false;
  bool upgrading = false;
  clock_type::time_point connect_deadline;
  std::string writing;
  std::array<char, read_size> buffer;
};

void mail_stream::impl::arm(std::chrono::nanoseconds span, void (impl::*then)()) {
  timer.expires_after(span);
  // cancel() does not reach a handler that is queued already.
  timer.async_wait([self = shared_from_this(), then, number = ++armed](const error_code& error) {
    if (!error && number == self->armed) (self.get()->*then)();
  });
}

void mail_stream::impl::open() {
  connect_deadline = clock_type::now() + timeouts.connect;
  arm(timeouts.connect, &impl::connect_timeout);
  if (peer.is_address) {
    // No look-up, and none of the resolver's thread.
    error_code error;
    const auto address = asio::ip::make_address(peer.host, error);
    if (!error) addresses.emplace_back(address, static_cast<asio::ip::port_type>(std::stoul(peer.port)));
    asio::post(socket.get_executor(), [self = shared_from_this()] {
      if (self->owner != nullptr) self->connect_next();
    });
    return;
  }
  try {
    resolve();
  } catch (const boost::system::system_error&) {
    lack(shortage::threads);  // the resolver starts its own with the first name
  }
}

void mail_stream::impl::resolve() {
  resolver.async_resolve(
      peer.host, peer.port, asio::ip::resolver_base::numeric_service,
      [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
        if (self->owner == nullptr) return;
        if (error) {
          if (const auto lacking = shortage_of_lookup(error)) return self->lack(*lacking);
          return self->tell(fault::connect, "name look-up: " + error.message());
        }
        for (const auto& entry : found) self->addresses.push_back(entry.endpoint());
        self->connect_next();
      });
}

void mail_stream::impl::connect_next() {
  const auto now = clock_type::now();
  if (next_address == addresses.size() || now >= connect_deadline)
    return tell(fault::connect, "no address answers");
  // A dead address must not use up the time of those after it.
  const auto left = static_cast<clock_type::rep>(addresses.size() - next_address);
  const auto number = ++attempt;
  arm((connect_deadline - now) / left, &impl::connect_timeout);
  error_code ignored;
  socket.close(ignored);
  socket.async_connect(addresses[next_address++],
                       [self = shared_from_this(), number](const error_code& error) {
                         if (self->owner == nullptr || number != self->attempt) return;
                         if (error) return self->connect_refused(error);
                         self->connected();
                       });
}

void mail_stream::impl::connect_failed(const std::string& why) {
  if (owner == nullptr) return;
  if (next_address < addresses.size() && clock_type::now() < connect_deadline) return connect_next();
  tell(fault::connect, why);
}

// Whichever address it is, without a descriptor none can be tried.
void mail_stream::impl::connect_refused(const error_code& error) {
  const auto lacking = shortage_of(error);
  const bool last = next_address == addresses.size();
  if (lacking && (last || *lacking != shortage::ports)) return lack(*lacking);
  connect_failed(error.message());
}

void mail_stream::impl::connected() {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  if (tls_at_once) return handshake(&handler::on_open);
  disarm();
  owner->on_open();
  read();
}

void mail_stream::impl::handshake(void (handler::*then)()) {
  auto* const client = tls->make_client(peer, false);
  SSL_set_alpn_protos(client, nullptr, 0);  // SMTP has no name there
  secured.emplace(socket, client);
  arm(timeouts.tls, &impl::tls_timeout);
  secured->async_handshake(
      asio::ssl::stream_base::client,
      [self = shared_from_this(), then](const error_code& error) { self->handshaken(error, then); });
}

void mail_stream::impl::handshaken(const error_code& error, void (handler::*then)()) {
  if (owner == nullptr) return;
  if (error) {
    const auto refused = http2::tls_context::refusal(secured->native_handle());
    return tell(fault::tls, refused.empty() ? error.message() : refused);
  }
  disarm();
  upgrading = false;
  (owner->*then)();
  read();
}

void mail_stream::impl::read() {
  if (owner == nullptr || upgrading) return;
  auto done = [self = shared_from_this()](const error_code& error, std::size_t size) {
    self->read_done(error, size);
  };
  if (secured) {
    secured->async_read_some(asio::buffer(buffer), std::move(done));
  } else {
    socket.async_read_some(asio::buffer(buffer), std::move(done));
  }
}

void mail_stream::impl::read_done(const error_code& error, std::size_t size) {
  if (owner == nullptr) return;
  if (size != 0) owner->on_bytes({buffer.data(), size});
  if (owner == nullptr) return;
  if (!error) return read();
  // SMTP says where its replies end, so a missing close_notify (truncated) tells nothing here.
  const bool orderly = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  tell(fault::ended, orderly ? "closed by the peer" : error.message());
}

void mail_stream::impl::write() {
  auto done = [self = shared_from_this()](const error_code& error, std::size_t) {
    self->writing.clear();
    // A failed write is the read's to report: what the server said last may still be there to be read.
    if (self->owner != nullptr && !error) self->owner->on_written();
  };
  if (secured) {
    asio::async_write(*secured, asio::buffer(writing), std::move(done));
  } else {
    asio::async_write(socket, asio::buffer(writing), std::move(done));
  }
}

void mail_stream::impl::tell(fault what, const std::string& detail) {
  auto* const told = std::exchange(owner, nullptr);
  close();
  if (told != nullptr) told->on_fault(what, detail);
}

void mail_stream::impl::close() {
  owner = nullptr;
  disarm();
  resolver.cancel();
  error_code ignored;
  socket.close(ignored);
}

mail_stream::mail_stream(asio::io_context& context, std::shared_ptr<http2::tls_context> tls,
                         const http2::endpoint& peer, stream_timeouts timeouts, handler& owner)
    : impl_(std::make_shared<impl>(context, std::move(tls), peer, timeouts, owner)) {}

mail_stream::~mail_stream() {
  impl_->close();
}

void mail_stream::open(bool tls_at_once) {
  impl_->tls_at_once = tls_at_once;
  impl_->open();
}

void mail_stream::start_tls() {
  impl_->upgrading = true;
  impl_->handshake(&handler::on_secured);
}

void mail_stream::write(std::string& bytes) {
  std::swap(bytes, impl_->writing);
  impl_->write();
}

void mail_stream::close() {
  impl_->close();
}

}  // namespace dispatch::smtp
