#include "transport/http/server.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "transport/http/connections.hpp"

namespace dispatch {
namespace http_connections {
namespace {

namespace asio = boost::asio;

// Refused connections get their 503 in peace, but not any number of them.
constexpr std::size_t max_refusing = 64;
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::milliseconds longest_tick{250}, shortest_tick{10};

/// Timeouts are looked at so often: a timer for each of a connection's waits would cost more than the waits.
std::chrono::milliseconds tick_of(const http_server_options& options) {
  const auto least =
      std::min({options.header_timeout, options.body_grace, options.write_timeout, options.idle_timeout});
  return std::clamp(least / 8, shortest_tick, longest_tick);
}

http_async_handler answering_at_once(http_handler handler) {
  return [handler = std::move(handler)](http_request&& request, const http_reply& reply) {
    reply(handler(request));
  };
}

}  // namespace

std::string group_of(const asio::ip::address& address) {
  if (!address.is_v6()) return address.to_string();
  const auto six = address.to_v6();
  if (six.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, six).to_string();
  const auto bytes = six.to_bytes();
  return {bytes.begin(), bytes.begin() + 8};
}

listener::listener(io_thread& owner, http_server_options given, http_async_handler on_request)
    : options(std::move(given)),
      handler(std::move(on_request)),
      replies(std::make_shared<reply_outbox>(owner.context().get_executor())),
      thread_(owner),
      acceptor_(owner.context()),
      pause_(owner.context()),
      clock_(owner.context()),
      bodies_(options.bodies_limit, static_cast<bool>(options.screen)) {
  if (!options.certificate_file.empty())
    tls_ = read_server_certificate(options.certificate_file, options.key_file);
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

bool listener::full() const {
  return sessions_.size() - refusing_ >= options.max_connections;
}

bool listener::full(const std::string& group) const {
  const auto found = by_group_.find(group);
  return options.max_connections_per_address > 0 && found != by_group_.end() &&
         found->second >= options.max_connections_per_address;
}

void listener::accepted(tcp::socket socket) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  socket.set_option(tcp::no_delay(true), error);
  session_peer peer{remote.address().to_string(), group_of(remote.address()), false, false};
  peer.is_proxy = options.is_proxy && options.is_proxy(peer.address);
  const bool full_for_it = !peer.is_proxy && full(peer.group) && !evict(peer.group);
  peer.refused = full_for_it || (full() && !evict({}));
  // A handshake costs more than the answer is worth.
  if (peer.refused && (refusing_ >= max_refusing || tls_)) {
    if (options.refused) options.refused(503, peer.address);
    return;
  }
  if (peer.refused) ++refusing_;
  const auto group = peer.refused || peer.is_proxy ? std::string() : peer.group;
  auto stream = tls_ ? tls_->wrap(std::move(socket)) : plain_stream(std::move(socket));
  const auto made = std::make_shared<session>(shared_from_this(), std::move(stream), std::move(peer));
  sessions_.insert(made);
  if (!group.empty()) {
    ++by_group_[group];
    made->counted_as = group;
  }
  count();
  made->start();
  if (!std::exchange(ticking_, true)) tick();
}

void listener::tick() {
  const auto now = clock::now();
  const std::vector<std::shared_ptr<session>> all(sessions_.begin(), sessions_.end());  // they may leave
  for (const auto& each : all) each->tick(now);
  ticking_ = !sessions_.empty();
  if (!ticking_) return;
  clock_.expires_after(tick_of(options));
  clock_.async_wait([self = shared_from_this()](error_code) { self->tick(); });
}

void listener::left(const std::shared_ptr<session>& gone) {
  if (sessions_.erase(gone) > 0) {
    if (gone->peer().refused) --refusing_;
    count_as(*gone, {});
  }
  count();
}

void listener::count() {
  const std::lock_guard lock(mutex_);
  open_ = sessions_.size();
  if (open_ == 0) emptied_.notify_all();
}

void listener::use(server_certificate certificate) {
  thread_.post(
      [self = shared_from_this(), certificate = std::move(certificate)] { self->tls_ = certificate; });
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

server_certificate read_server_certificate(const std::string& certificate_file, const std::string& key_file) {
  return std::make_shared<http_connections::tls_server>(certificate_file, key_file);
}

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

void http_server::use(server_certificate certificate) {
  state_->listening->use(std::move(certificate));
}

void http_server::stop() {
  state_->listening->stop();
}

}  // namespace dispatch
