#include "transport/http/server_stream.hpp"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>
#include <utility>

namespace dispatch::http_connections {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

// RFC 9325 section 4.2 for TLS 1.2; TLS 1.3 has only good ones.
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::string_view alpn_http11 = "http/1.1";

/// RFC 7301: a client that offers protocols but not ours is refused, one that offers none is not.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned size, void*) {
  for (unsigned at = 0; at < size; at += offered[at] + 1U) {
    const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, offered[at]);
    if (name != alpn_http11) continue;
    *out = offered + at + 1;
    *out_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void close_socket(tcp::socket& socket) {
  error_code ignored;
  socket.close(ignored);
}

class plain final : public server_stream {
 public:
  explicit plain(tcp::socket socket) : socket_(std::move(socket)) {}

  void handshake(done handler) override {
    asio::post(socket_.get_executor(), [handler = std::move(handler)] { handler({}); });
  }
  void read(char* into, std::size_t room, received handler) override {
    socket_.async_read_some(asio::buffer(into, room), std::move(handler));
  }
  void write(std::string_view bytes, done handler) override {
    asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()),
                      [handler = std::move(handler)](error_code error, std::size_t) { handler(error); });
  }
  void end_writing() override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }
  void close() override { close_socket(socket_); }
  asio::any_io_executor executor() override { return socket_.get_executor(); }

 private:
  tcp::socket socket_;
};

class encrypted final : public server_stream {
 public:
  encrypted(tcp::socket socket, ssl::context& context) : stream_(std::move(socket), context) {}

  void handshake(done handler) override {
    stream_.async_handshake(ssl::stream_base::server, std::move(handler));
  }
  void read(char* into, std::size_t room, received handler) override {
    stream_.async_read_some(asio::buffer(into, room), std::move(handler));
  }
  void write(std::string_view bytes, done handler) override {
    asio::async_write(stream_, asio::buffer(bytes.data(), bytes.size()),
                      [handler = std::move(handler)](error_code error, std::size_t) { handler(error); });
  }
  // Without a close_notify: every answer says its length, and Asio's shutdown would wait for the peer's.
  void end_writing() override {
    error_code ignored;
    stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
  }
  void close() override { close_socket(stream_.next_layer()); }
  asio::any_io_executor executor() override { return stream_.get_executor(); }

 private:
  ssl::stream<tcp::socket> stream_;
};

}  // namespace

struct tls_server::state {
  ssl::context context{ssl::context::tls_server};
};

tls_server::tls_server(const std::string& certificate_file, const std::string& key_file)
    : state_(std::make_unique<state>()) {
  auto* const native = state_->context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_cipher_list(native, tls12_ciphers);
  SSL_CTX_set_alpn_select_cb(native, select_protocol, nullptr);
  // Tickets are enough to resume; a cache in memory would grow with the clients.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  // OpenSSL's default asks on the terminal for an encrypted key's; a daemon must not hang there.
  state_->context.set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string(); });
  error_code error;
  state_->context.use_certificate_chain_file(certificate_file, error);
  if (error)
    throw std::invalid_argument("cannot use the certificate of " + certificate_file + ": " + error.message());
  state_->context.use_private_key_file(key_file, ssl::context::pem, error);
  if (error) throw std::invalid_argument("cannot use the key of " + key_file + ": " + error.message());
}

tls_server::~tls_server() = default;

std::unique_ptr<server_stream> tls_server::wrap(tcp::socket socket) {
  return std::make_unique<encrypted>(std::move(socket), state_->context);
}

std::unique_ptr<server_stream> plain_stream(tcp::socket socket) {
  return std::make_unique<plain>(std::move(socket));
}

}  // namespace dispatch::http_connections
