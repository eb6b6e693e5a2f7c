#include "tests/support/h2_test_server.hpp"

#include "tests/support/h2_test_server_impl.hpp"

namespace dispatch::test {

h2_test_server::impl::impl(const certificate_authority& authority, h2_server_options wanted,
                           request_handler on_request, connection_handler on_open)
    : options(std::move(wanted)), handle(std::move(on_request)), opened(std::move(on_open)) {
  const auto identity = authority.issue(options.names, options.common_name);
  tls.use_certificate(asio::buffer(identity.certificate_pem), asio::ssl::context::pem);
  tls.use_private_key(asio::buffer(identity.key_pem), asio::ssl::context::pem);
  if (options.ask_certificate) {
    tls.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    tls.load_verify_file(authority.file());
    constexpr unsigned char session_context[] = "test";
    SSL_CTX_set_session_id_context(tls.native_handle(), session_context, sizeof session_context);
  }
  if (options.max_tls_version != 0) {
    // Debian's security level forbids what is old, and the server shall offer nothing else.
    SSL_CTX_set_security_level(tls.native_handle(), 0);
    SSL_CTX_set_min_proto_version(tls.native_handle(), 0);
    SSL_CTX_set_max_proto_version(tls.native_handle(), options.max_tls_version);
  }
  if (options.alpn) {
    SSL_CTX_set_alpn_select_cb(
        tls.native_handle(),
        [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned in_size,
           void*) {
          return nghttp2_select_next_protocol(const_cast<unsigned char**>(out), size, in, in_size) == 1
                     ? SSL_TLSEXT_ERR_OK
                     : SSL_TLSEXT_ERR_NOACK;
        },
        nullptr);
  }
}

void h2_test_server::impl::listen(std::uint16_t on_port) {
  acceptor = tcp::acceptor(context);
  acceptor.open(tcp::v4());
  acceptor.set_option(asio::socket_base::reuse_address(true));
  if (options.receive_buffer != 0)
    acceptor.set_option(asio::socket_base::receive_buffer_size(options.receive_buffer));
  acceptor.bind({asio::ip::address_v4::loopback(), on_port});
  acceptor.listen();
  port = acceptor.local_endpoint().port();
  accept();
}

void h2_test_server::impl::accept() {
  acceptor.async_accept([this](const error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
    if (!error) {
      std::size_t number = 0;
      {
        const std::lock_guard lock(mutex);
        number = seen.accepted++;
      }
      auto made = std::make_shared<connection>(*this, std::move(socket), number);
      connections.push_back(made);
      made->start();
    }
    std::erase_if(connections, [](const auto& each) { return each.expired(); });
    accept();
  });
}

h2_test_server::h2_test_server(const certificate_authority& authority, h2_server_options options,
                               request_handler on_request, connection_handler on_open)
    : impl_(
          std::make_shared<impl>(authority, std::move(options), std::move(on_request), std::move(on_open))) {
  impl_->listen(0);
  impl_->thread = std::thread([state = impl_.get()] { state->context.run(); });
}

h2_test_server::~h2_test_server() {
  impl_->context.stop();
  impl_->thread.join();
}

std::uint16_t h2_test_server::port() const noexcept {
  return impl_->port;
}

void h2_test_server::post(std::function<void()> task) {
  asio::post(impl_->context, std::move(task));
}

void h2_test_server::after(std::chrono::milliseconds delay, std::function<void()> task) {
  auto timer = std::make_shared<asio::steady_timer>(impl_->context, delay);
  timer->async_wait([timer, task = std::move(task)](const error_code&) { task(); });
}

void h2_test_server::each(const std::function<void(const connection_ptr&)>& task) {
  post([state = impl_.get(), task] {
    for (const auto& weak : state->connections)
      if (const auto connection = weak.lock()) task(connection);
  });
}

void h2_test_server::close_listener() {
  std::promise<void> done;
  post([&] {
    impl_->acceptor.close();
    done.set_value();
  });
  done.get_future().wait();
}

void h2_test_server::open_listener() {
  std::promise<void> done;
  post([&] {
    impl_->listen(impl_->port);
    done.set_value();
  });
  done.get_future().wait();
}

std::size_t h2_test_server::accepted() const {
  return impl_->read().accepted;
}
std::size_t h2_test_server::open() const {
  return impl_->read().open;
}
std::size_t h2_test_server::resumed() const {
  return impl_->read().resumed;
}
std::size_t h2_test_server::most_streams() const {
  return impl_->read().most_streams;
}
std::size_t h2_test_server::resets_received() const {
  return impl_->read().resets;
}
std::size_t h2_test_server::pings_received() const {
  return impl_->read().pings;
}
std::vector<std::string> h2_test_server::clients() const {
  return impl_->read().clients;
}
std::vector<h2_request> h2_test_server::ledger() const {
  return impl_->read().ledger;
}

}  // namespace dispatch::test
