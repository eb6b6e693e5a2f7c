#include "transport/smtp/pool.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <random>
#include <utility>

#include "transport/http2/reconnect_backoff.hpp"
#include "transport/http2/tls_context.hpp"
#include "transport/io_thread.hpp"
#include "transport/smtp/connection.hpp"

namespace dispatch::smtp {
namespace {

constexpr std::chrono::milliseconds tick_span{25};
// Connections that broke under a message before its final dot; then it may be the message's fault.
constexpr unsigned max_breaks = 3;
// For want of a descriptor or its like; then it is tried again, whatever the server.
constexpr std::chrono::milliseconds shortage_pause{200};
constexpr std::chrono::milliseconds time_to_answer{5'000};

}  // namespace

// Messages wait in a queue per lane, then live in a connection, then are completions, told in the next turn
// (posted at most once per round of the event loop), which also starts what waits and opens connections.
struct pool::state final : connection::owner, std::enable_shared_from_this<pool::state> {
  using clock = std::chrono::steady_clock;
  state(boost::asio::io_context& loop, pool_options wanted, pool_callbacks told)
      : context(loop),
        options(std::move(wanted)),
        callbacks(std::move(told)),
        tls(std::make_shared<http2::tls_context>(options.ca_file)),
        backoff(options.reconnect_base, options.reconnect_cap),
        random(std::random_device{}()),
        timer(loop) {}

  void submit(std::vector<provider_request>&& messages);
  void recall();
  void replace_password(std::string username, std::string password);
  void close();
  pool_stats stats() const noexcept;

  void connection_ready(connection& from) override;
  void message_ended(connection& from, message_end&& how) override;
  void connection_closed(connection& from, connection::close_reason why, const std::string& detail) override;

  void wake();
  void turn();
  void deliver();
  void start_waiting(clock::time_point now);
  void open_if_needed(clock::time_point now);
  void open_connection();
  void arm(clock::time_point now);
  void tick();
  void expire_waiting(clock::time_point now);
  void watch(connection& each, clock::time_point now);
  void finish(std::uint64_t correlation, send_failure how);
  void put_back(connection& from);
  bool has_work() const noexcept;
  std::size_t waiting_count() const noexcept;

  boost::asio::io_context& context;
  pool_options options;
  pool_callbacks callbacks;
  std::shared_ptr<http2::tls_context> tls;
  http2::reconnect_backoff backoff;
  std::mt19937_64 random;
  boost::asio::steady_timer timer;
  clock::time_point armed_for = clock::time_point::max();
  unsigned armings = 0;  ///< tells the timer's late handler from the current one
  bool turn_posted = false;
  bool closed = false;
  bool wanted_ahead = false;  ///< warm_up() asked for a connection that is not there yet
  bool doubtful = false;      ///< the last attempt to connect failed: one at a time

  std::array<std::deque<outgoing_mail>, lane_count> waiting;
  std::vector<std::unique_ptr<connection>> connections;
  std::vector<provider_answer> done;
  std::vector<std::pair<connection_event, std::string>> events;
  std::uint64_t connects = 0;
};

void pool::state::submit(std::vector<provider_request>&& messages) {
  for (auto& each : messages) {
    if (waiting_count() >= options.max_waiting) {
      finish(each.correlation, send_failure::not_sent);
    } else {
      auto& queue = waiting[index_of(each.lane)];
      queue.push_back({std::move(each)});
    }
  }
  wake();
}

void pool::state::recall() {
  for (auto& queue : waiting) {
    for (const auto& each : queue) finish(each.what.correlation, send_failure::not_sent);
    queue.clear();
  }
}

void pool::state::replace_password(std::string username, std::string password) {
  options.session.username = std::move(username);
  options.session.password = std::move(password);
  for (const auto& each : connections) each->retire();
  wake();
}

void pool::state::close() {
  closed = true;
  timer.cancel();
  for (const auto& each : connections) each->abandon();
}

std::size_t pool::state::waiting_count() const noexcept {
  std::size_t sum = 0;
  for (const auto& queue : waiting) sum += queue.size();
  return sum;
}

pool_stats pool::state::stats() const noexcept {
  pool_stats out;
  out.waiting = waiting_count();
  out.connects = connects;
  for (const auto& each : connections) {
    if (each->is_busy()) ++out.in_flight;
    if (each->is_usable()) ++out.connections;
  }
  return out;
}

void pool::state::wake() {
  if (closed || std::exchange(turn_posted, true)) return;
  boost::asio::post(context, [self = shared_from_this()] { self->turn(); });
}

void pool::state::turn() {
  turn_posted = false;
  deliver();
  if (closed) return;
  const auto now = clock::now();
  start_waiting(now);
  open_if_needed(now);
  std::erase_if(connections, [](const auto& each) { return each->is_closed(); });
  arm(now);
}

// The callbacks may destroy the pool; what they captured must outlive the call.
void pool::state::deliver() {
  for (const auto& [what, detail] : std::exchange(events, {}))
    if (!closed) callbacks.event(what, detail);
  if (!done.empty() && !closed) callbacks.completed(std::exchange(done, {}));
}

void pool::state::start_waiting(clock::time_point now) {
  for (auto& queue : waiting) {
    while (!queue.empty()) {
      auto& first = queue.front();
      if (first.what.deadline <= now) {
        finish(first.what.correlation, send_failure::not_sent);
        queue.pop_front();
        continue;
      }
      const auto idle = std::find_if(connections.begin(), connections.end(),
                                     [](const auto& each) { return each->is_idle(); });
      if (idle == connections.end()) return;
      auto next = std::move(first);
      queue.pop_front();
      (*idle)->start(std::move(next), now);
    }
  }
}

void pool::state::open_if_needed(clock::time_point now) {
  std::size_t opening = 0, usable = 0, idle = 0;
  for (const auto& each : connections) {
    opening += each->is_opening() ? 1 : 0;
    usable += each->is_usable() ? 1 : 0;
    idle += each->is_idle() ? 1 : 0;
  }
  if (usable > 0) wanted_ahead = false;
  const auto wanted = waiting_count() + (wanted_ahead ? 1 : 0);
  while (opening + idle < wanted && opening + usable < options.max_connections &&
         !(doubtful && opening > 0) && backoff.allows(now)) {
    open_connection();
    ++opening;
  }
}

void pool::state::open_connection() {
  wanted_ahead = false;  // one attempt: while nobody waits, nobody tries again
  ++connects;
  const stream_timeouts timeouts{options.connect_timeout, options.tls_timeout};
  connections.push_back(
      std::make_unique<connection>(context, tls, options.server.peer, timeouts, options.session, *this));
  connections.back()->open();
}

void pool::state::connection_ready(connection&) {
  events.emplace_back(connection_event::connected, std::string());
  wake();
}

void pool::state::message_ended(connection& from, message_end&& how) {
  // A server that was about to close an idle connection says so to the next MAIL: nobody's fault.
  if (how.code == 421 && how.refused == "MAIL" && from.answered() > 1) return put_back(from);
  auto& answer = done.emplace_back();
  answer.correlation = from.take_mail().what.correlation;
  answer.status = how.code;
  answer.body = std::move(how.text);
  if (answer.body.size() > options.max_answer_bytes) answer.body.resize(options.max_answer_bytes);
  answer.refused = how.refused;
  answer.round_trip = clock::now() - from.sent_at();
  backoff.succeeded();
  doubtful = false;
  if (from.answered() >= options.max_messages_per_connection) from.retire();
  wake();
}

void pool::state::finish(std::uint64_t correlation, send_failure how) {
  auto& answer = done.emplace_back();
  answer.correlation = correlation;
  answer.failure = how;
  wake();
}

// Its final dot was not sent, so the server has not taken it (RFC 5321 section 4.1.1.4).
void pool::state::put_back(connection& from) {
  auto mail = from.take_mail();
  if (++mail.breaks >= max_breaks) return finish(mail.what.correlation, send_failure::reset);
  auto& queue = waiting[index_of(mail.what.lane)];
  queue.push_front(std::move(mail));
  wake();
}

void pool::state::connection_closed(connection& from, connection::close_reason why,
                                    const std::string& detail) {
  using reason = connection::close_reason;
  if (from.is_busy()) {
    if (from.may_have_been_taken()) {
      finish(from.take_mail().what.correlation, send_failure::connection);
      done.back().round_trip = clock::now() - from.sent_at();
    } else {
      put_back(from);
    }
  }
  wake();
  if (why == reason::orderly) return;
  if (why == reason::shortage) {
    // What waits goes on waiting, but not for so long that the server would have too little time left to
    // answer in: that would be counted against it. Given back it comes again with all its time.
    expire_waiting(clock::now() + time_to_answer);
    backoff.rest(clock::now() + std::chrono::duration_cast<clock::duration>(
                                    shortage_pause * std::uniform_real_distribution<>(0.5, 1.5)(random)));
    events.emplace_back(connection_event::shortage, detail);
    return;
  }
  if (from.answered() == 0) {
    doubtful = true;
    backoff.failed(clock::now(), std::uniform_real_distribution<>(0.0, 1.0)(random));
  }
  events.emplace_back(why == reason::connect_failed ? connection_event::connect_failed
                      : why == reason::tls_failed   ? connection_event::tls_failed
                                                    : connection_event::lost,
                      detail);
}

bool pool::state::has_work() const noexcept {
  return wanted_ahead || waiting_count() > 0 ||
         std::any_of(connections.begin(), connections.end(),
                     [](const auto& each) { return !each->is_idle() && !each->is_closed(); });
}

void pool::state::arm(clock::time_point now) {
  if (!has_work() && connections.empty()) return;
  const auto next = now + (has_work() ? tick_span : options.idle_timeout);
  // What is armed for the idle time must not hold up the tick of new work.
  if (next >= armed_for) return;
  armed_for = next;
  timer.expires_at(next);
  timer.async_wait([self = shared_from_this(), number = ++armings](const boost::system::error_code&) {
    if (number == self->armings && !self->closed) self->tick();
  });
}

void pool::state::tick() {
  armed_for = clock::time_point::max();
  const auto now = clock::now();
  expire_waiting(now);
  for (const auto& each : connections)
    if (!each->is_closed()) watch(*each, now);
  wake();
}

void pool::state::expire_waiting(clock::time_point now) {
  for (auto& queue : waiting) {
    std::erase_if(queue, [&](const outgoing_mail& each) {
      if (each.what.deadline > now) return false;
      finish(each.what.correlation, send_failure::not_sent);
      return true;
    });
  }
}

// The stream bounds connecting and TLS; everything after that is bounded here.
void pool::state::watch(connection& each, clock::time_point now) {
  using reason = connection::close_reason;
  const auto quiet = now - each.idle_since();
  if (each.is_busy()) {
    if (each.mail().what.deadline > now) return;
    // Also without the final dot: a server that hangs must count as one.
    finish(each.take_mail().what.correlation, send_failure::timeout);
    done.back().round_trip = now - each.sent_at();
    each.give_up(reason::lost, "no answer in time");
  } else if (each.is_opening()) {
    const auto limit = options.connect_timeout + options.tls_timeout + options.login_timeout;
    if (quiet > limit) each.give_up(reason::connect_failed, "no greeting, or no end of logging in");
  } else if (each.is_retired()) {
    if (quiet > options.quit_timeout) each.give_up(reason::orderly, "no answer to QUIT");
  } else if (quiet >= options.idle_timeout) {
    each.retire();
  }
}

pool::pool(io_thread& thread, pool_options options, pool_callbacks callbacks)
    : state_(std::make_shared<state>(thread.context(), std::move(options), std::move(callbacks))) {}

pool::~pool() {
  state_->close();
}

void pool::submit(std::vector<provider_request>&& messages) {
  state_->submit(std::move(messages));
}
void pool::recall() {
  state_->recall();
}
void pool::warm_up() {
  state_->wanted_ahead = true;
  state_->wake();
}
void pool::replace_password(std::string username, std::string password) {
  state_->replace_password(std::move(username), std::move(password));
}
pool_stats pool::stats() const noexcept {
  return state_->stats();
}

}  // namespace dispatch::smtp
