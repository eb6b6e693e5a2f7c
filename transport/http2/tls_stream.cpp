#include "transport/http2/tls_stream.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "core/policy/address_guard.hpp"
#include "transport/http2/tls_context.hpp"
#include "transport/name_lookup.hpp"
#include "transport/shortage.hpp"

namespace dispatch::http2 {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr std::size_t read_size = std::size_t{16} * 1024;  // SSL_read gives one record at most
constexpr std::chrono::milliseconds shutdown_time{250};
constexpr std::chrono::milliseconds last_words_time{250};

ip_address plain(const asio::ip::address& address) noexcept {
  return address.is_v4() ? ip_address::of_v4(address.to_v4().to_bytes())
                         : ip_address::of_v6(address.to_v6().to_bytes());
}

asio::ip::address to_asio(const ip_address& address) {
  if (!address.is_v4()) return asio::ip::address_v6(address.bytes());
  asio::ip::address_v4::bytes_type last;
  std::copy(address.bytes().end() - last.size(), address.bytes().end(), last.begin());
  return asio::ip::address_v4(last);
}

}  // namespace

// Handlers hold it, so that late ones find it alive; `owner` is null once nobody wants to hear more.
struct tls_stream::impl : std::enable_shared_from_this<tls_stream::impl> {
  impl(asio::io_context& context, std::shared_ptr<tls_context> shared, const endpoint& to,
       stream_options wanted, handler& listener)
      : tls(std::move(shared)),
        peer(to),
        options(std::move(wanted)),
        owner(&listener),
        resolver(context),
        socket(context),
        timer(context) {
    if (!peer.secure) return;
    secured.emplace(socket, tls->make_client(peer, options.http1));
    // Records come thick and fast on a warm connection: keep OpenSSL from freeing its buffers in between.
    SSL_clear_mode(secured->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  }

  void open();
  void resolve();
  void look_up();
  void take(const name_found& found);
  void judge();
  void connect_next();
  void connected();
  void handshaken(const error_code& error);
  void opened(protocol agreed);
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
  asio::ip::port_type port() const { return static_cast<asio::ip::port_type>(std::stoul(peer.port)); }
  void connect_timeout() {
    // The question for the name has not even been asked: others' keep us from it.
    if (asked && !asked->load()) return lack(shortage::lookups);
    connect_failed("timed out");
  }
  void lack(shortage what) { fault(stream_fault::shortage, std::string(to_string(what))); }
  void connect_failed(const std::string& why);
  void connect_refused(const error_code& error);
  void tls_timeout() { fault(stream_fault::tls, "TLS handshake timed out"); }

  std::shared_ptr<tls_context> tls;  // before `secured`, whose SSL object calls back into it
  endpoint peer;
  stream_options options;
  handler* owner;
  tcp::resolver resolver;
  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> secured;  ///< none: plain http
  asio::steady_timer timer;
  std::vector<tcp::endpoint> addresses;
  std::size_t next_address = 0;
  std::shared_ptr<std::atomic<bool>> asked;  ///< while a name is being looked up: whether it has begun
  unsigned armed = 0;                        ///< tells the timer's late handlers from current ones
  unsigned attempt = 0;                      ///< likewise for connecting to an address given up
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
  connect_deadline = clock_type::now() + options.connect_timeout;
  if (peer.is_address) {
    // No look-up, and none of the resolver's thread.
    error_code error;
    const auto address = asio::ip::make_address(peer.host, error);
    if (!error) addresses.emplace_back(address, port());
    asio::post(socket.get_executor(), [self = shared_from_this()] { self->judge(); });
    return;
  }
  arm(options.connect_timeout, &impl::connect_timeout);
  if (options.names) return look_up();
  try {
    resolve();
  } catch (const boost::system::system_error&) {
    lack(shortage::threads);  // the resolver starts its own with the first name
  }
}

void tls_stream::impl::resolve() {
  resolver.async_resolve(
      peer.host, peer.port, asio::ip::resolver_base::numeric_service,
      [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
        if (self->owner == nullptr) return;
        if (error) {
          if (const auto lacking = shortage_of_lookup(error)) return self->lack(*lacking);
          return self->fault(stream_fault::connect, "name look-up: " + error.message());
        }
        for (const auto& entry : found) self->addresses.push_back(entry.endpoint());
        self->judge();
      });
}

void tls_stream::impl::look_up() {
  asked = std::make_shared<std::atomic<bool>>(false);
  // Moved on, so that nothing of this dies on the other thread.
  options.names->look_up(
      peer.host,
      [self = shared_from_this(), loop = socket.get_executor()](name_found found) mutable {
        asio::post(loop, [self = std::move(self), found = std::move(found)] { self->take(found); });
      },
      asked);
}

void tls_stream::impl::take(const name_found& found) {
  if (owner == nullptr) return;
  asked = nullptr;
  if (found.lacking) return lack(*found.lacking);
  if (!found.error.empty()) return fault(stream_fault::connect, "name look-up: " + found.error);
  for (const auto& address : found.addresses) addresses.emplace_back(to_asio(address), port());
  judge();
}

// All of them, not the one tried first: whoever answers for the name could let the good one fail. What passes
// is what gets connected to; the name is not looked up again.
void tls_stream::impl::judge() {
  if (owner == nullptr) return;
  for (const auto& each : addresses) {
    if (!options.guard) break;
    const auto why = options.guard->refusal(plain(each.address()));
    if (why.empty()) continue;
    return fault(stream_fault::refused, each.address().to_string().append(" is ").append(why));
  }
  connect_next();
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
  socket.close(ignored);
  socket.async_connect(addresses[next_address++],
                       [self = shared_from_this(), number](const error_code& error) {
                         if (self->owner == nullptr || number != self->attempt) return;
                         if (error) return self->connect_refused(error);
                         self->connected();
                       });
}

void tls_stream::impl::connect_failed(const std::string& why) {
  if (owner == nullptr) return;
  if (next_address < addresses.size() && clock_type::now() < connect_deadline) return connect_next();
  fault(stream_fault::connect, why);
}

// Whichever address it is, without a descriptor none can be tried.
void tls_stream::impl::connect_refused(const error_code& error) {
  const auto lacking = shortage_of(error);
  const bool last = next_address == addresses.size();
  if (lacking && (last || *lacking != shortage::ports)) return lack(*lacking);
  connect_failed(error.message());
}

void tls_stream::impl::connected() {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  if (!secured) return opened(protocol::http1);
  arm(options.tls_timeout, &impl::tls_timeout);
  secured->async_handshake(asio::ssl::stream_base::client,
                           [self = shared_from_this()](const error_code& error) { self->handshaken(error); });
}

void tls_stream::impl::handshaken(const error_code& error) {
  if (owner == nullptr) return;
  if (error) {
    const auto refused = tls_context::refusal(secured->native_handle());
    return fault(stream_fault::tls, refused.empty() ? error.message() : refused);
  }
  const bool http2 = tls_context::agreed_on_http2(secured->native_handle());
  if (!http2 && !options.http1)
    return fault(stream_fault::tls, "the peer does not speak HTTP/2 (no ALPN h2)");
  opened(http2 ? protocol::http2 : protocol::http1);
}

void tls_stream::impl::opened(protocol agreed) {
  disarm();
  owner->on_open(agreed);
  read();
}

void tls_stream::impl::read() {
  if (owner == nullptr) return;
  auto done = [self = shared_from_this()](const error_code& error, std::size_t size) {
    self->read_done(error, size);
  };
  if (secured) {
    secured->async_read_some(asio::buffer(buffer), std::move(done));
  } else {
    socket.async_read_some(asio::buffer(buffer), std::move(done));
  }
}

void tls_stream::impl::read_done(const error_code& error, std::size_t size) {
  if (owner == nullptr) return;
  if (size != 0) owner->on_bytes({buffer.data(), size});
  if (owner == nullptr) return;
  if (!error) return read();
  // HTTP/2 has its own goodbye and HTTP/1.1 says how long an answer is, so a missing close_notify (truncated)
  // tells nothing here.
  const bool orderly = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  if (orderly) return fault(stream_fault::closed, "closed by the peer");
  fault(stream_fault::ended, error.message());
}

void tls_stream::impl::write() {
  auto done = [self = shared_from_this()](const error_code& error, std::size_t) {
    self->writing.clear();
    if (self->owner == nullptr) return;
    if (error) return self->write_failed();
    self->owner->on_written();
  };
  if (secured) {
    asio::async_write(*secured, asio::buffer(writing), std::move(done));
  } else {
    asio::async_write(socket, asio::buffer(writing), std::move(done));
  }
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
  if (!secured) return close();
  arm(shutdown_time, &impl::close);
  secured->async_shutdown([self = shared_from_this()](const error_code&) { self->close(); });
}

void tls_stream::impl::close() {
  owner = nullptr;
  disarm();
  resolver.cancel();
  error_code ignored;
  socket.close(ignored);
}

tls_stream::tls_stream(asio::io_context& context, std::shared_ptr<tls_context> tls, const endpoint& peer,
                       stream_options options, handler& owner)
    : impl_(std::make_shared<impl>(context, std::move(tls), peer, std::move(options), owner)) {}

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
