#include "transport/http2/pool_state.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "transport/http2/tls_context.hpp"

namespace dispatch::http2 {
namespace {

// Refused this often, a request is given up: the peer does not want it.
constexpr unsigned max_refusals = 16;
constexpr std::chrono::milliseconds rest_base{10};
constexpr std::chrono::milliseconds rest_cap{500};
// For want of a descriptor or its like; then it is tried again, whatever the peer.
constexpr std::chrono::milliseconds shortage_pause{200};
constexpr std::chrono::milliseconds time_to_answer{5'000};
// Connections that only wait for their last answers, beside max_connections; a peer that says GOAWAY to
// everything and answers nothing must not collect sockets.
constexpr std::size_t leaving_per_connection = 4;

concurrency_settings concurrency_of(const pool_options& options) {
  concurrency_settings settings;
  settings.most =
      static_cast<std::uint32_t>(std::max<std::size_t>(1, options.max_connections * options.max_streams));
  settings.least = std::min(settings.least, settings.most);
  return settings;
}

/// The provider, or the way to it, has more than it can do.
bool says_too_much(failure how, int status) noexcept {
  return how == failure::timeout || status == 429 || status == 503;
}

}  // namespace

pool::state::state(boost::asio::io_context& loop, pool_options wanted, pool_callbacks told)
    : context(loop),
      options(std::move(wanted)),
      callbacks(std::move(told)),
      peer(parse_endpoint(options.endpoint, options.allow_http)),
      tls(std::make_shared<tls_context>(options.ca_file)),
      backoff(options.reconnect_base, options.reconnect_cap),
      random(std::random_device{}()),
      timer(loop),
      limit(concurrency_of(options)) {}

pool_stats pool::state::stats() const noexcept {
  const auto ready = std::count_if(connections.begin(), connections.end(),
                                   [](const auto& c) { return c->state() == connection::phase::ready; });
  return {in_flight, limit.limit(), waiting_count, static_cast<std::size_t>(ready), connects};
}

void pool::state::submit(std::vector<request>&& requests) {
  for (auto& call : requests) {
    if (draining || waiting_count >= options.max_waiting) {
      auto& refused = done.emplace_back();
      refused.correlation = call.correlation;
      refused.failure = failure::not_sent;
      continue;
    }
    auto& queue = waiting[index_of(call.lane)];
    auto& x = queue.emplace_back(std::move(call));
    x.self = std::prev(queue.end());
    wheel.add(x);
    ++waiting_count;
  }
  wake();
}

void pool::state::recall() {
  end_unstarted(failure::not_sent);
}

void pool::state::end_unstarted(http2::failure how) {
  const auto now = clock::now();
  for (auto& queue : waiting)
    while (!queue.empty()) finish(queue, queue.front(), how, now);
  while (!resting.empty()) finish(resting, resting.front(), how, now);
}

void pool::state::warm_up() {
  wanted_ahead = true;
  wake();
}

void pool::state::renew_connections() {
  // One that is being opened has carried no request yet: it is new enough.
  for (auto& each : connections)
    if (each->state() == connection::phase::ready) each->retire();
  wake();
}

void pool::state::use_identity(std::shared_ptr<const client_identity> next) {
  if (next == identity) return;
  identity = next;
  tls->use_identity(std::move(next));
  // Requests may differ by how we make ourselves known: those that wait were made for the old way.
  recall();
  for (auto& each : connections) {
    if (each->state() == connection::phase::opening) each->abandon();
    each->retire();
  }
  wake();
}

void pool::state::drain() {
  draining = true;
  recall();
  for (auto& each : connections) {
    if (each->state() == connection::phase::opening) each->abandon();
    each->retire();
  }
  wake();
}

void pool::state::close() {
  closed = true;
  timer.cancel();
  for (auto& each : connections) each->abandon();
  // What the callbacks captured may go before this state does, but not while one of them runs.
  if (!in_callback) callbacks = {};
}

void pool::state::wake() {
  if (turn_posted || closed) return;
  turn_posted = true;
  boost::asio::post(context, [self = shared_from_this()] { self->turn(); });
}

void pool::state::turn() {
  turn_posted = false;
  if (closed) return;
  deliver();
  if (closed) return;
  const auto now = clock::now();
  limit.judge(static_cast<std::uint32_t>(in_flight), now);
  start_waiting(now);
  flush_all(now);
  open_if_needed(now);
  std::erase_if(connections, [](const auto& c) { return c->state() == connection::phase::closed; });
  arm(now);
}

void pool::state::deliver() {
  in_callback = true;
  for (const auto& [what, detail] : std::exchange(events, {}))
    if (callbacks.event && !closed) callbacks.event(what, detail);
  if (!done.empty() && !closed) {
    std::vector<completion> batch;
    batch.reserve(done.size());
    std::swap(batch, done);
    callbacks.completed(std::move(batch));
  }
  in_callback = false;
  if (closed) callbacks = {};
}

exchange_list* pool::state::next_lane() noexcept {
  for (auto& queue : waiting)
    if (!queue.empty()) return &queue;
  return nullptr;
}

connection* pool::state::least_loaded(clock::time_point now) const noexcept {
  connection* best = nullptr;
  for (const auto& each : connections)
    if ((best == nullptr || each->load() < best->load()) && each->accepts(now)) best = each.get();
  return best;
}

void pool::state::start_waiting(clock::time_point now) {
  while (auto* queue = next_lane()) {
    auto& x = queue->front();
    if (x.deadline <= now) {
      finish(*queue, x, failure::not_sent, now);
      continue;
    }
    if (in_flight >= limit.limit()) return;
    auto* target = least_loaded(now);
    if (target == nullptr) return;
    target->start(*queue, x, now);
    --waiting_count;
    ++in_flight;
  }
}

void pool::state::flush_all(clock::time_point now) {
  for (const auto& each : connections) each->flush(now);
}

void pool::state::open_if_needed(clock::time_point now) {
  if (draining || (waiting_count == resting.size() && !wanted_ahead)) return;
  if (in_flight >= limit.limit()) return;  // what waits would not start on another either
  std::size_t usable = 0;
  std::size_t leaving = 0;
  for (const auto& each : connections) {
    if (each->state() == connection::phase::opening) return;  // one at a time: it may be enough
    if (each->state() == connection::phase::closed) continue;
    if (!each->usable()) {
      ++leaving;
      continue;
    }
    ++usable;
    if (each->room(now) != 0) return;  // only a write is in the way
  }
  if (usable != 0) wanted_ahead = false;
  const bool wanted = waiting_count != resting.size() || wanted_ahead;
  const bool allowed =
      usable < options.max_connections && leaving < leaving_per_connection * options.max_connections;
  if (wanted && allowed && backoff.allows(now)) open_connection();
}

void pool::state::open_connection() {
  wanted_ahead = false;  // one attempt: while nobody waits, nobody tries again
  ++connects;
  connection_options wanted;
  wanted.session.authority = peer.authority;
  wanted.session.max_streams = options.max_streams;
  wanted.session.max_answer_bytes = options.max_answer_bytes;
  wanted.session.max_requests = options.max_requests_per_connection;
  wanted.session.index_path_and_authorization = options.index_path_and_authorization;
  wanted.stream = {options.connect_timeout, options.tls_timeout, options.http1, options.names, options.guard};
  wanted.ping_after = options.ping_after;
  wanted.ping_timeout = options.ping_timeout;
  wanted.write_timeout = options.write_timeout;
  connections.push_back(std::make_unique<connection>(context, tls, peer, std::move(wanted), *this));
  connections.back()->open();
}

void pool::state::connection_ready(connection& from) {
  if (draining) from.retire();
  tell(connection_event::connected, {});
}

void pool::state::connection_goaway(connection& from, const std::string& detail) {
  if (from.answers() == 0) connection_failed();
  tell(connection_event::goaway, detail);
}

void pool::state::connection_failed() {
  backoff.failed(clock::now(), std::uniform_real_distribution<>(0.0, 1.0)(random));
}

void pool::state::connection_closed(connection& from, connection::close_reason why,
                                    const std::string& detail) {
  const auto now = clock::now();
  auto& left = from.exchanges();
  // From the back, so that what returns to the queue's front keeps its order.
  while (!left.empty()) {
    auto& x = left.back();
    if (x.on_wire) {
      finish(left, x, failure::connection, now);
    } else {
      wait_again(left, x);
    }
  }
  using reason = connection::close_reason;
  if (why == reason::orderly) return;
  if (why == reason::address_refused) return address_refused(detail);
  if (why == reason::shortage) return fell_short(detail);
  if (from.answers() == 0) connection_failed();
  tell(why == reason::connect_failed ? connection_event::connect_failed
       : why == reason::tls_failed   ? connection_event::tls_failed
                                     : connection_event::lost,
       detail);
}

// Not tried again by itself: what waits is told so, and only the next request looks the name up again.
void pool::state::address_refused(const std::string& detail) {
  end_unstarted(failure::address_refused);
  tell(connection_event::address_refused, detail);
}

// What waits goes on waiting, but not for so long that the peer would have too little time left to answer in:
// that would be counted against it. Given back it comes again with all its time.
void pool::state::fell_short(const std::string& detail) {
  const auto now = clock::now();
  for (auto& queue : waiting) {
    for (auto it = queue.begin(); it != queue.end();) {
      auto& x = *it++;
      if (x.deadline - now < time_to_answer) finish(queue, x, failure::not_sent, now);
    }
  }
  backoff.rest(now + std::chrono::duration_cast<clock::duration>(
                         shortage_pause * std::uniform_real_distribution<>(0.5, 1.5)(random)));
  tell(connection_event::shortage, detail);
}

void pool::state::stream_ended(connection& from, exchange& x, stream_end how) {
  auto& list = from.exchanges();
  switch (how) {
    case stream_end::answered:
      // Its first only: answers of an older connection say nothing about failures to make another.
      if (from.answers() == 1) backoff.succeeded();
      return finish(list, x, failure::none, from.heard_at());
    case stream_end::reset:
      return finish(list, x, failure::reset, from.heard_at());
    case stream_end::unprocessed:
      return wait_again(list, x);
    case stream_end::refused:
      if (++x.refusals >= max_refusals) return finish(list, x, failure::reset, from.heard_at());
      return rest(list, x, from.heard_at());
  }
}

exchange_list& pool::state::list_of(exchange& x) noexcept {
  if (x.via != nullptr) return x.via->exchanges();
  return x.rest_until != clock::time_point{} ? resting : waiting[index_of(x.call.lane)];
}

void pool::state::wait_again(exchange_list& from, exchange& x) {
  if (draining) return finish(from, x, failure::not_sent, clock::now());
  if (std::exchange(x.via, nullptr) != nullptr) {
    --in_flight;
    ++waiting_count;
  }
  x.rest_until = {};
  auto& queue = waiting[index_of(x.call.lane)];
  queue.splice(queue.begin(), from, x.self);
}

void pool::state::rest(exchange_list& from, exchange& x, clock::time_point now) {
  if (draining) return finish(from, x, failure::not_sent, now);
  x.via = nullptr;
  --in_flight;
  ++waiting_count;
  x.rest_until = now + std::min<std::chrono::milliseconds>(rest_base * (1 << (x.refusals - 1)), rest_cap);
  resting.splice(resting.end(), from, x.self);
}

void pool::state::finish(exchange_list& from, exchange& x, http2::failure how, clock::time_point now) {
  auto& result = done.emplace_back();
  result.correlation = x.call.correlation;
  result.failure = how;
  if (how == failure::none) {
    result.status = x.status;
    result.body = std::move(x.answer);
    result.retry_after = std::move(x.retry_after);
    result.apns_id = std::move(x.apns_id);
    result.location = std::move(x.location);
  }
  if (x.via != nullptr && x.on_wire) {
    result.round_trip = now - x.sent_at;
    limit.answered(result.round_trip, says_too_much(how, result.status));
  }
  --(x.via != nullptr ? in_flight : waiting_count);
  from.erase(x.self);
  wake();
}

void pool::state::tell(connection_event what, const std::string& detail) {
  // Later, from turn(): the callback may destroy the pool, which must not happen under a connection's feet.
  events.emplace_back(what, detail);
  wake();
}

}  // namespace dispatch::http2
