#include "apps/sandbox/connection.hpp"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <string_view>

#include "apps/sandbox/worker.hpp"

namespace dispatch::sandbox {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds handshake_limit{10};
constexpr std::chrono::seconds goodbye_limit{2};

bool speaks_h2(SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

}  // namespace

connection::connection(worker& owner, asio::ip::tcp::socket socket, std::uint64_t id)
    : owner_(owner), id_(id), stream_(std::move(socket), owner.tls()), deadline_(owner.context()) {
  owner_.shared().count.connections_total.fetch_add(1, std::memory_order_relaxed);
  owner_.shared().count.connections_open.fetch_add(1, std::memory_order_relaxed);
}

connection::~connection() {
  owner_.shared().count.connections_open.fetch_sub(1, std::memory_order_relaxed);
}

void connection::start() {
  boost::system::error_code ignored;
  stream_.next_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
  close_after(handshake_limit);
  stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](auto error) {
    self->deadline_.cancel();
    if (self->closed_) return;
    if (error || !speaks_h2(self->stream_.native_handle())) return self->close(false);
    self->client_ = shown_by(self->stream_.native_handle());
    auto& shared = self->owner_.shared();
    self->session_.emplace(static_cast<h2_session::events&>(*self), shared.max_concurrent_streams.load(),
                           shared.count.streams_open);
    self->owner_.wants_flush(*self);
    self->read();
  });
}

void connection::close_after(std::chrono::seconds limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait([self = shared_from_this()](auto error) {
    if (!error) self->close(false);
  });
}

void connection::read() {
  stream_.async_read_some(asio::buffer(input_), [self = shared_from_this()](auto error, std::size_t size) {
    if (self->closed_) return;
    if (error) return self->close(false);
    // Once we leave, what still comes is read away: unread bytes would turn the close into a reset.
    if (!self->leaving_ && !self->broken_) {
      if (!self->session_->receive({self->input_.data(), size})) self->broken_ = true;
      self->owner_.wants_flush(*self);
    }
    self->read();
  });
}

void connection::flush() {
  if (writing_ || closed_ || leaving_ || !session_) return;
  output_.clear();
  session_->send_into(output_, write_chunk);
  if (goaway_ && output_.size() < write_chunk) {
    session_->go_away(*goaway_);
    goaway_.reset();
    session_->send_into(output_, write_chunk);
  }
  if (output_.empty()) {
    if (broken_ || session_->finished()) say_goodbye();
    return;
  }
  // Refusing streams writes ledger lines; those too must be out before the bytes are.
  owner_.flush_ledger();
  writing_ = true;
  asio::async_write(stream_, asio::buffer(output_), [self = shared_from_this()](auto error, std::size_t) {
    self->writing_ = false;
    if (self->closed_) return;
    if (error) return self->close(false);
    self->owner_.wants_flush(*self);
  });
}

void connection::say_goodbye() {
  leaving_ = true;
  session_->abandon();
  close_after(goodbye_limit);
  stream_.async_shutdown([self = shared_from_this()](auto) { self->close(false); });
}

void connection::close(bool abrupt) {
  if (closed_) return;
  closed_ = true;
  if (session_) session_->abandon();
  boost::system::error_code ignored;
  auto& socket = stream_.next_layer();
  if (abrupt) socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
  deadline_.cancel();
  owner_.forget(id_);
}

void connection::go_away(goaway_mode mode) {
  if (!session_ || leaving_) return;
  goaway_ = mode;
  owner_.wants_flush(*this);
}

void connection::limit_streams(std::uint32_t at_most) {
  if (!session_ || leaving_) return;
  session_->limit_streams(at_most);
  owner_.wants_flush(*this);
}

void connection::on_request(exchange& with) {
  const auto now = owner_.now();
  with.arrived_us = now.unix_us;
  with.client_bundle = client_.bundle;
  hash_authorization(with);
  owner_.decide(with, now);
  with.ans.delay += std::chrono::milliseconds(owner_.shared().delay_ms.load(std::memory_order_relaxed));
  if (with.ans.how != fate::hang && with.ans.delay.count() > 0 &&
      owner_.wait({now.steady + with.ans.delay, id_, with.stream_id})) {
    with.at = phase::waiting;
    return;
  }
  settle(with);
}

void connection::release(std::int32_t stream_id) {
  if (closed_ || leaving_ || !session_) return;
  auto* with = session_->find(stream_id);
  if (with == nullptr || with->at != phase::waiting) return;
  settle(*with);
  owner_.wants_flush(*this);
}

void connection::settle(exchange& with) {
  switch (with.ans.how) {
    case fate::reply:
      log(with, with.ans.status, with.ans.reason);
      return session_->respond(with);
    case fate::hang:
      log(with, 0, "hang");
      with.at = phase::silent;
      return;
    case fate::reset:
      log(with, 0, "reset");
      return session_->reset(with, NGHTTP2_INTERNAL_ERROR);
    case fate::refuse:
      log(with, 0, "refused");
      return session_->reset(with, NGHTTP2_REFUSED_STREAM);
  }
}

void connection::on_stream_gone(exchange& with, bool refused) {
  if (with.at != phase::waiting) return;
  // A provider that was still at it when its client went away has taken the push all the same.
  if (refused) return log(with, 0, "goaway");
  const bool replied = with.ans.how == fate::reply;
  log(with, replied ? with.ans.status : 0, replied ? std::string_view(with.ans.reason) : "reset");
}

void connection::log(const exchange& with, int status, std::string_view reason) {
  owner_.shared().count.count(with.who, status);
  owner_.log({with.arrived_us, with.who, status, with.dedupe, with.target, id_, with.stream_id, reason,
              with.authorization_hash.front() == '\0'
                  ? std::string_view("-")
                  : std::string_view(with.authorization_hash.data(), with.authorization_hash.size())});
}

void connection::hash_authorization(exchange& with) {
  const auto& value = with.req.authorization;
  if (value.empty()) {
    with.authorization_hash = client_.hash;
    return;
  }
  if (value != hashed_authorization_) {
    // A client sends the same token for an hour; hashing it each time would cost more than the ledger.
    authorization_hash_ = short_hash(value);
    hashed_authorization_ = value;
  }
  with.authorization_hash = authorization_hash_;
}

}  // namespace dispatch::sandbox
