#include "tests/support/http1_test_server.hpp"

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <cctype>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

namespace dispatch::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

int choose_http1(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                 unsigned length, void*) {
  static constexpr unsigned char ours[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const auto agreed = SSL_select_next_proto(&chosen, size, ours, sizeof(ours), offered, length);
  *out = chosen;
  return agreed == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Takes a whole request off the front; false when there is none yet.
bool take_request(std::string& bytes, h1_request& out) {
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  auto at = bytes.find("\r\n");
  out.line = bytes.substr(0, at);
  std::size_t length = 0;
  while (at < head_end) {
    const auto begin = at + 2;
    at = bytes.find("\r\n", begin);
    const auto colon = bytes.find(": ", begin);
    const auto name = bytes.substr(begin, colon - begin);
    out.headers[name] = bytes.substr(colon + 2, at - colon - 2);
    if (name == "content-length") length = std::stoul(out.headers[name]);
  }
  if (bytes.size() < head_end + 4 + length) return false;
  out.body = bytes.substr(head_end + 4, length);
  bytes.erase(0, head_end + 4 + length);
  return true;
}

}  // namespace

struct http1_test_server::impl {
  struct connection : std::enable_shared_from_this<connection> {
    connection(impl& of, tcp::socket socket, std::size_t ordinal)
        : server(of), number(ordinal), stream(std::move(socket), of.tls) {}
    ~connection() { --server.open; }

    void start() {
      ++server.open;
      if (!server.options.tls) return read();
      stream.async_handshake(asio::ssl::stream_base::server,
                             [self = shared_from_this()](const error_code& error) {
                               if (!error) self->read();
                             });
    }
    void read() {
      auto done = [self = shared_from_this()](const error_code& error, std::size_t size) {
        if (error) return;
        self->bytes.append(self->buffer.data(), size);
        self->serve();
        self->read();
      };
      if (server.options.tls)
        stream.async_read_some(asio::buffer(buffer), std::move(done));
      else
        stream.next_layer().async_read_some(asio::buffer(buffer), std::move(done));
    }
    void serve() {
      h1_request request;
      while (take_request(bytes, request)) {
        request.connection = number;
        {
          const std::lock_guard lock(server.mutex);
          server.ledger.push_back(request);
        }
        const auto reply = server.answer ? server.answer(request) : h1_reply{};
        say(reply.bytes);
        if (reply.after != h1_reply::then::keep) hang_up(reply.after == h1_reply::then::abort);
        request = {};
      }
    }
    void say(const std::string& text) {
      error_code ignored;
      if (text.empty()) return;
      if (server.options.tls)
        asio::write(stream, asio::buffer(text), ignored);
      else
        asio::write(stream.next_layer(), asio::buffer(text), ignored);
    }
    void hang_up(bool abort) {
      error_code ignored;
      auto& socket = stream.next_layer();
      if (abort) socket.set_option(asio::socket_base::linger(true, 0), ignored);
      if (!abort) socket.shutdown(tcp::socket::shutdown_both, ignored);
      socket.close(ignored);
    }

    impl& server;
    std::size_t number;
    asio::ssl::stream<tcp::socket> stream;
    std::array<char, 16'384> buffer;
    std::string bytes;
  };

  impl(const certificate_authority& authority, h1_server_options wanted, handler how)
      : options(std::move(wanted)), answer(std::move(how)) {
    const auto identity = authority.issue(options.names);
    tls.use_certificate(asio::buffer(identity.certificate_pem), asio::ssl::context::pem);
    tls.use_private_key(asio::buffer(identity.key_pem), asio::ssl::context::pem);
    if (options.alpn) SSL_CTX_set_alpn_select_cb(tls.native_handle(), choose_http1, nullptr);
    const tcp::endpoint at(asio::ip::make_address(options.address), options.port);
    acceptor.open(at.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(at);
    acceptor.listen();
    port = acceptor.local_endpoint().port();
    accept();
    thread = std::thread([this] { context.run(); });
  }
  void accept() {
    acceptor.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error) return;
      auto made = std::make_shared<connection>(*this, std::move(socket), accepted++);
      connections.push_back(made);
      made->start();
      accept();
    });
  }
  void each(const std::function<void(connection&)>& task) {
    std::promise<void> done;
    asio::post(context, [&] {
      for (const auto& weak : connections)
        if (const auto held = weak.lock()) task(*held);
      done.set_value();
    });
    done.get_future().wait();
  }

  h1_server_options options;
  handler answer;
  std::uint16_t port = 0;
  std::atomic<std::size_t> accepted{0}, open{0};
  mutable std::mutex mutex;
  std::vector<h1_request> ledger;
  std::vector<std::weak_ptr<connection>> connections;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  std::thread thread;
};

http1_test_server::http1_test_server(const certificate_authority& authority, h1_server_options options,
                                     handler answer)
    : impl_(std::make_shared<impl>(authority, std::move(options), std::move(answer))) {}

http1_test_server::~http1_test_server() {
  impl_->context.stop();
  impl_->thread.join();
}

std::uint16_t http1_test_server::port() const noexcept {
  return impl_->port;
}
void http1_test_server::say(const std::string& bytes) {
  impl_->each([&](impl::connection& it) { it.say(bytes); });
}
void http1_test_server::hang_up() {
  impl_->each([](impl::connection& it) { it.hang_up(false); });
}
std::size_t http1_test_server::accepted() const {
  return impl_->accepted;
}
std::size_t http1_test_server::open() const {
  return impl_->open;
}
std::vector<h1_request> http1_test_server::ledger() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->ledger;
}

}  // namespace dispatch::test
