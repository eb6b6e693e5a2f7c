// The only translation unit of storage/ that sees Asio and OpenSSL: loop, timer and socket.

#include "storage/redis/socket.hpp"

#include <pthread.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace dispatch::redis {

namespace asio = boost::asio;
using boost::system::error_code;

struct loop::state {
  asio::io_context context{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::thread thread;
};

loop::loop() : state_(std::make_unique<state>()) {}
loop::~loop() {
  stop();
}

void loop::start(std::string thread_name) {
  state_->work.emplace(state_->context.get_executor());
  state_->thread = std::thread([this, name = std::move(thread_name)] {
    pthread_setname_np(pthread_self(), name.c_str());
    state_->context.run();
  });
}

void loop::stop() {
  state_->work.reset();
  state_->context.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

bool loop::run_until(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& done) {
  while (!done()) {
    if (state_->context.stopped()) state_->context.restart();
    if (state_->context.run_one_until(deadline) == 0) return done();
  }
  return true;
}

void loop::post(std::function<void()> task) {
  asio::post(state_->context, std::move(task));
}
asio::io_context& loop::context() noexcept {
  return state_->context;
}

struct timer::state {
  explicit state(asio::io_context& context) : clock(context) {}
  asio::steady_timer clock;
  std::uint64_t round = 0;  // a cancelled wait may already be queued: only the newest counts
};

timer::timer(loop& where) : state_(std::make_shared<state>(where.context())) {}
timer::~timer() {
  cancel();
}

void timer::after(std::chrono::milliseconds delay, std::function<void()> task) {
  const std::uint64_t round = ++state_->round;
  state_->clock.expires_after(delay);
  state_->clock.async_wait([state = state_, round, task = std::move(task)](const error_code& error) {
    if (!error && state->round == round) task();
  });
}

void timer::cancel() {
  ++state_->round;
  state_->clock.cancel();
}

void check_trusted_certificates(const std::string& ca_file) {
  asio::ssl::context trial(asio::ssl::context::tls_client);
  error_code error;
  trial.load_verify_file(ca_file, error);
  if (error) throw std::invalid_argument(ca_file + " holds no certificates: " + error.message());
}

struct socket::state : std::enable_shared_from_this<socket::state> {
  using stream = asio::generic::stream_protocol::socket;

  explicit state(asio::io_context& context) : raw(context), resolver(context) {}

  void connect_to(std::vector<asio::generic::stream_protocol::endpoint> where, std::size_t index,
                  done handler);
  void secure(done handler);
  void finish(const done& handler, const error_code& error) {
    if (!closed) handler(error ? error.message() : std::string());
  }

  stream raw;
  asio::ip::tcp::resolver resolver;
  std::optional<asio::ssl::context> tls_context;
  std::optional<asio::ssl::stream<stream&>> tls;
  address to;
  std::string ca_file;
  bool closed = false;
  std::array<char, 64 * 1024> buffer;
};

void socket::state::connect_to(std::vector<asio::generic::stream_protocol::endpoint> where, std::size_t index,
                               done handler) {
  const auto endpoint = where[index];
  error_code ignored;
  raw.close(ignored);
  raw.async_connect(endpoint, [self = shared_from_this(), where = std::move(where), index,
                               handler = std::move(handler)](const error_code& error) mutable {
    if (self->closed) return;
    if (error && index + 1 < where.size()) {
      return self->connect_to(std::move(where), index + 1, std::move(handler));
    }
    if (error) return self->finish(handler, error);
    error_code unset;
    if (self->to.unix_path.empty()) self->raw.set_option(asio::ip::tcp::no_delay(true), unset);
    if (self->to.tls) return self->secure(std::move(handler));
    self->finish(handler, error);
  });
}

void socket::state::secure(done handler) {
  error_code error;
  tls_context.emplace(asio::ssl::context::tls_client);
  tls_context->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  if (ca_file.empty()) {
    tls_context->set_default_verify_paths(error);
  } else {
    tls_context->load_verify_file(ca_file, error);
  }
  if (error) return handler("ca_file: " + error.message());
  tls.emplace(raw, *tls_context);
  tls->set_verify_mode(asio::ssl::verify_peer);
  // Not asio's host_name_verification: it takes a common name where there is no other, and partial wildcards.
  auto* const handle = tls->native_handle();
  error_code is_name;
  asio::ip::make_address(to.host, is_name);
  if (is_name) {
    SSL_set_hostflags(handle, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    SSL_set1_host(handle, to.host.c_str());
    SSL_set_tlsext_host_name(handle, to.host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), to.host.c_str());
  }
  tls->async_handshake(asio::ssl::stream_base::client,
                       [self = shared_from_this(), handler = std::move(handler)](const error_code& failed) {
                         self->finish(handler, failed);
                       });
}

socket::socket(loop& where) : state_(std::make_shared<state>(where.context())) {}
socket::~socket() {
  close();
}

void socket::connect(const address& to, const std::string& ca_file, done handler) {
  state_->to = to;
  state_->ca_file = ca_file;
  using generic = asio::generic::stream_protocol::endpoint;
  if (!to.unix_path.empty()) {
    try {
      state_->connect_to({generic(asio::local::stream_protocol::endpoint(to.unix_path))}, 0,
                         std::move(handler));
    } catch (const boost::system::system_error& error) {  // a path longer than the system takes
      asio::post(state_->raw.get_executor(), [state = state_, handler = std::move(handler),
                                              code = error.code()] { state->finish(handler, code); });
    }
    return;
  }
  error_code not_literal;
  const auto literal = asio::ip::make_address(to.host, not_literal);
  if (!not_literal) {
    state_->connect_to({generic(asio::ip::tcp::endpoint(literal, to.port))}, 0, std::move(handler));
    return;
  }
  state_->resolver.async_resolve(
      to.host, std::to_string(to.port),
      [state = state_, handler = std::move(handler)](const error_code& error,
                                                     const asio::ip::tcp::resolver::results_type& found) {
        if (state->closed) return;
        std::vector<generic> where;
        for (const auto& one : found) where.emplace_back(one.endpoint());
        if (error || where.empty())
          return state->finish(handler, error ? error : asio::error::host_not_found);
        state->connect_to(std::move(where), 0, handler);
      });
}

void socket::read(received handler) {
  auto arrived = [state = state_, handler = std::move(handler)](const error_code& error, std::size_t size) {
    if (state->closed) return;
    handler(std::string_view(state->buffer.data(), size), error ? error.message() : std::string());
  };
  if (state_->tls) {
    state_->tls->async_read_some(asio::buffer(state_->buffer), std::move(arrived));
  } else {
    state_->raw.async_read_some(asio::buffer(state_->buffer), std::move(arrived));
  }
}

void socket::write(std::string_view bytes, done handler) {
  auto written = [state = state_, handler = std::move(handler)](const error_code& error, std::size_t) {
    state->finish(handler, error);
  };
  if (state_->tls) {
    asio::async_write(*state_->tls, asio::buffer(bytes.data(), bytes.size()), std::move(written));
  } else {
    asio::async_write(state_->raw, asio::buffer(bytes.data(), bytes.size()), std::move(written));
  }
}

void socket::close() {
  state_->closed = true;
  state_->resolver.cancel();
  error_code ignored;
  state_->raw.close(ignored);
}

}  // namespace dispatch::redis
