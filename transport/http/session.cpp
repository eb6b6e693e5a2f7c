#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "transport/http/connections.hpp"
#include "transport/http/wire.hpp"

namespace dispatch::http_connections {
namespace {

namespace asio = boost::asio;

constexpr std::size_t read_chunk = 8'192;
/// A client that asks but does not read what it is answered is not read any further.
constexpr std::size_t max_unsent = 256 * 1024;
/// Room for answers that an idle connection keeps.
constexpr std::size_t kept_room = 16 * 1024;
constexpr std::size_t max_discarded = 1 << 20;
constexpr std::chrono::milliseconds linger_timeout{1'000};
/// A client that has not taken an answer for so long may lose its connection to another.
constexpr std::chrono::milliseconds stalled_write{1'000};

/// Answers once; when nobody ever did, 503: a connection must not wait for ever.
class pending_reply {
 public:
  pending_reply(std::weak_ptr<session> to, std::uint64_t number, std::shared_ptr<reply_outbox> by)
      : to_(std::move(to)), number_(number), by_(std::move(by)) {}
  pending_reply(const pending_reply&) = delete;
  pending_reply& operator=(const pending_reply&) = delete;
  ~pending_reply() { send(http_wire::problem(503, "the request was given up")); }

  void send(http_response response) {
    if (sent_.exchange(true) || to_.expired()) return;
    by_->push(to_, number_, std::move(response));
  }

 private:
  std::weak_ptr<session> to_;
  std::uint64_t number_;
  std::shared_ptr<reply_outbox> by_;
  std::atomic<bool> sent_ = false;
};

}  // namespace

session::session(std::shared_ptr<listener> owner, std::unique_ptr<server_stream> stream, session_peer peer)
    : owner_(std::move(owner)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      reader_({owner_->options.header_limit, owner_->options.header_count, owner_->options.body_limit}),
      since_(clock::now()) {}

void session::start() {
  stream_->handshake([self = shared_from_this()](error_code error) {
    if (self->phase_ != phase::handshake) return;
    if (error) return self->close();
    self->phase_ = phase::open;
    self->since_ = clock::now();
    if (self->peer_.refused) self->reject(503, "too many connections");
    self->process();
  });
}

bool session::may_read() const noexcept {
  return phase_ == phase::open && !last_read_ && slots_.size() < owner_->options.max_pipelined &&
         unsent_ < max_unsent && (unsent_ == 0 || !owner_->is_clogged());
}

void session::count_unsent(std::ptrdiff_t bytes) noexcept {
  unsent_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(unsent_) + bytes);
  owner_->count_unsent(bytes);
}

bool session::idle() const noexcept {
  return slots_.empty() && ready_.empty() && !write_pending_ && filled_ == 0 && !reader_.in_body();
}

void session::fill() {
  if (read_pending_ || phase_ != phase::open) return;
  if (!may_read()) {
    paused_ = true;
    return;
  }
  if (std::exchange(paused_, false)) {
    since_ = clock::now();
    wire_bytes_ = 0;
  }
  in_.resize(filled_ + read_chunk);
  read_pending_ = true;
  stream_->read(in_.data() + filled_, read_chunk,
                [self = shared_from_this()](error_code error, std::size_t n) {
                  self->read_pending_ = false;
                  if (self->phase_ == phase::lingering) return self->discard();
                  if (self->phase_ == phase::open) self->received(error, n);
                });
}

void session::received(error_code error, std::size_t count) {
  if (error) {
    // Who has said all it has to say still gets its answers.
    last_read_ = true;
    if (error != asio::error::eof || (slots_.empty() && !write_pending_)) return close();
    return;
  }
  if (filled_ == 0 && !reader_.in_body()) since_ = clock::now();
  wire_bytes_ += count;
  filled_ += count;
  process();
}

void session::process() {
  // While a read is under way everything before it has been looked at.
  if (processing_ || read_pending_) return flush();
  processing_ = true;
  // What was answered at once has made room for more.
  for (bool wants_more = false; !wants_more && may_read(); flush()) wants_more = process_some();
  processing_ = false;
  flush();
  fill();
}

bool session::process_some() {
  std::string_view bytes(in_.data(), filled_);
  bool wants_more = false;
  while (!wants_more && may_read()) {
    const auto step = reader_.read(bytes);
    if (step == request_reader::step::refused)
      reject(reader_.status(), reader_.detail());
    else if (!account_body())
      reject(503, "too much is being received");
    else if (step == request_reader::step::more)
      wants_more = true;
    else
      advance(step, bytes.size());
  }
  in_.erase(0, static_cast<std::size_t>(bytes.data() - in_.data()));
  filled_ = bytes.size();
  return wants_more;
}

void session::advance(request_reader::step step, std::size_t bytes_left) {
  since_ = clock::now();
  wire_bytes_ = bytes_left;
  if (step == request_reader::step::done) return handle(reader_.take());
  body_since_ = since_;
  if (!screen(reader_.so_far())) return;
  if (verdict_->refused && !reader_.is_body_within(bytes_left)) return handle(reader_.take_head());
  if (reader_.expects_continue() && bytes_left == 0) push_ready({}, "HTTP/1.1 100 Continue\r\n\r\n");
}

bool session::account_body() {
  const auto now_held = reader_.body_bytes();
  if (!owner_->hold(*this, share_,
                    static_cast<std::ptrdiff_t>(now_held) - static_cast<std::ptrdiff_t>(body_held_)))
    return false;
  body_held_ = now_held;
  return true;
}

bool session::screen(http_request& head) {
  head.remote_address = peer_.address;
  verdict_.emplace();
  try {
    if (owner_->options.screen) verdict_ = owner_->options.screen(head);
  } catch (const std::exception&) {
    // The handler says what there is to say.
    verdict_.emplace();
  }
  std::string group = peer_.group;
  if (peer_.is_proxy && !verdict_->client.empty()) {
    error_code unknown;
    const auto client = asio::ip::make_address(verdict_->client, unknown);
    group = unknown ? verdict_->client : group_of(client);
    if (!owner_->count_as(*this, group)) {
      reject(503, "too many connections");
      return false;
    }
  }
  share_ = {verdict_->proven, verdict_->owner.empty() ? std::move(group) : std::move(verdict_->owner)};
  return true;
}

void session::handle(http_request request) {
  if (!verdict_ && !screen(request)) return;
  request.remote_address = peer_.address;
  request.known = std::move(verdict_->known);
  verdict_.reset();
  const auto number = first_slot_ + slots_.size();
  slots_.push_back({reader_.form(), share_, std::exchange(body_held_, 0), false, {}});
  if (!reader_.form().keep_alive || owner_->stopping) last_read_ = true;
  const auto pending = std::make_shared<pending_reply>(weak_from_this(), number, owner_->replies);
  try {
    owner_->handler(std::move(request),
                    [pending](http_response response) { pending->send(std::move(response)); });
  } catch (const std::exception&) {
    // What a handler throws may hold anything; it is not for the client.
    pending->send(http_wire::problem(503, "the request could not be handled"));
  }
}

void session::answer(std::uint64_t number, http_response response) {
  if (phase_ != phase::open || number < first_slot_ || number - first_slot_ >= slots_.size()) return;
  auto& mine = slots_[number - first_slot_];
  const bool last = number - first_slot_ + 1 == slots_.size();
  if (owner_->stopping && last) last_read_ = true;
  mine.form.keep_alive = !(last_read_ && last);
  mine.bytes = http_wire::serialize(response, mine.form, std::chrono::system_clock::now());
  mine.ready = true;
  count_unsent(static_cast<std::ptrdiff_t>(mine.bytes.size()));
  owner_->hold(*this, mine.share, -static_cast<std::ptrdiff_t>(std::exchange(mine.body_bytes, 0)));
  // Answers come in batches: one write takes all that are at hand by then.
  if (!processing_) post_flush();
}

void session::push_ready(const answer_form& form, std::string bytes) {
  count_unsent(static_cast<std::ptrdiff_t>(bytes.size()));
  slots_.push_back({form, {}, 0, true, std::move(bytes)});
}

void session::reject(int status, std::string_view detail) {
  // What follows in the stream cannot be trusted to be a request.
  last_read_ = true;
  const auto& options = owner_->options;
  reader_.so_far().remote_address = peer_.address;
  const auto response = options.refusal ? options.refusal(status, detail, reader_.so_far())
                                        : http_wire::problem(status, detail);
  reader_.give_up();
  account_body();
  const answer_form form{true, false, false};
  push_ready(form, http_wire::serialize(response, form, std::chrono::system_clock::now()));
  if (!options.refusal && options.refused) options.refused(status, peer_.address);
}

void session::give_way() {
  reject(503, "others need the room for bodies");
  flush();
}

void session::post_flush() {
  if (std::exchange(flush_posted_, true)) return;
  asio::post(stream_->executor(), [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void session::flush() {
  if (phase_ != phase::open) return;
  while (!slots_.empty() && slots_.front().ready) {
    ready_ += slots_.front().bytes;
    slots_.pop_front();
    ++first_slot_;
  }
  if (write_pending_) return;
  if (ready_.empty()) {
    if (slots_.empty() && (last_read_ || (owner_->stopping && idle()))) linger();
    return;
  }
  writing_.clear();
  writing_.swap(ready_);
  write_pending_ = true;
  write_since_ = clock::now();
  stream_->write(writing_, [self = shared_from_this()](error_code error) { self->written(error); });
}

void session::written(error_code error) {
  write_pending_ = false;
  if (phase_ != phase::open) return;
  if (error) return close();
  count_unsent(-static_cast<std::ptrdiff_t>(writing_.size()));
  writing_.clear();
  if (writing_.capacity() > kept_room) std::string().swap(writing_);
  first_ = false;
  if (idle()) {
    since_ = clock::now();
    if (peer_.is_proxy) owner_->count_as(*this, {});
  }
  process();
}

// Closing with unread bytes makes the kernel send a reset, which can overtake the answer (RFC 9112
// section 9.6): what the client still sends is read away first, for a while.
void session::linger() {
  phase_ = phase::lingering;
  since_ = clock::now();
  stream_->end_writing();
  if (!read_pending_) discard();
}

void session::discard() {
  in_.resize(read_chunk);
  read_pending_ = true;
  stream_->read(in_.data(), read_chunk, [self = shared_from_this()](error_code error, std::size_t n) {
    self->discarded_ += n;
    if (error || self->discarded_ > max_discarded) return self->close();
    self->discard();
  });
}

std::optional<standing> session::dispensable(clock::time_point now) const {
  switch (phase_) {
    case phase::handshake:
      return standing{worth::unproven, since_};
    case phase::lingering:
      return standing{worth::over, since_};
    case phase::closed:
      return std::nullopt;
    case phase::open:
      break;
  }
  const bool at_rest = filled_ == 0 && !reader_.in_body();
  const auto value = share_.proven || (peer_.is_proxy && at_rest) ? worth::proven : worth::unproven;
  if (write_pending_) {
    // It does not take what it asked for.
    if (now - write_since_ > stalled_write) return standing{value, write_since_};
    return std::nullopt;
  }
  if (!slots_.empty()) return std::nullopt;
  return standing{value, reader_.in_body() ? body_since_ : since_};
}

std::optional<clock::time_point> session::reads_body_of(const body_share& whose) const {
  if (phase_ != phase::open || last_read_ || !reader_.in_body() || !(share_ == whose)) return std::nullopt;
  return body_since_;
}

std::string_view session::lateness(clock::time_point now) const {
  if (!read_pending_ || last_read_ || phase_ != phase::open) return {};
  const auto waited = now - since_;
  const auto& limits = owner_->options;
  if (reader_.in_body()) {
    const auto seconds = std::chrono::duration<double>(waited).count();
    const bool slow =
        static_cast<double>(wire_bytes_) < seconds * static_cast<double>(limits.least_body_rate);
    return waited > limits.body_grace && slow ? "the body comes too slowly" : "";
  }
  return filled_ > 0 && waited > limits.header_timeout ? "the head comes too slowly" : "";
}

void session::tick(clock::time_point now) {
  const auto& limits = owner_->options;
  const auto waited = now - since_;
  if (phase_ == phase::handshake && waited > limits.header_timeout) return close();
  if (phase_ == phase::lingering && waited > linger_timeout) return close();
  if (phase_ != phase::open) return;
  if (write_pending_ && now - write_since_ > limits.write_timeout) return close();
  if (idle() && waited > (first_ ? limits.header_timeout : limits.idle_timeout)) return close();
  if (const auto late = lateness(now); !late.empty()) {
    reject(408, late);
    flush();
  } else if (read_pending_ && reader_.in_body() && now - since_ > limits.body_grace) {
    // The rate is that of each stretch of time: what came early is no credit for silence later.
    since_ = now;
    wire_bytes_ = 0;
  }
}

void session::finish() {
  if (phase_ != phase::open || idle()) close();
}

void session::close() {
  if (phase_ == phase::closed) return;
  phase_ = phase::closed;
  stream_->close();
  owner_->hold(*this, share_, -static_cast<std::ptrdiff_t>(body_held_));
  for (const auto& each : slots_)
    owner_->hold(*this, each.share, -static_cast<std::ptrdiff_t>(each.body_bytes));
  slots_.clear();
  count_unsent(-static_cast<std::ptrdiff_t>(unsent_));
  owner_->left(shared_from_this());
}

}  // namespace dispatch::http_connections
