#pragma once

// The pool's inside: requests wait in one queue per lane, move to a connection's list while on a stream and
// become completions; a turn (posted at most once per round of the event loop) hands completions out, starts
// what waits and writes. Internal to transport/http2.

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/policy/concurrency_limit.hpp"
#include "transport/http2/connection.hpp"
#include "transport/http2/deadline_wheel.hpp"
#include "transport/http2/exchange.hpp"
#include "transport/http2/pool.hpp"
#include "transport/http2/reconnect_backoff.hpp"

namespace dispatch::http2 {

struct pool::state final : connection::owner, std::enable_shared_from_this<pool::state> {
  using clock = std::chrono::steady_clock;

  state(boost::asio::io_context& loop, pool_options wanted, pool_callbacks told);

  void submit(std::vector<request>&& requests);
  void recall();
  void warm_up();
  void renew_connections();
  void use_identity(std::shared_ptr<const client_identity> next);
  void drain();
  /// The pool is going: nothing is told any more.
  void close();
  pool_stats stats() const noexcept;

  void connection_ready(connection& from) override;
  void connection_goaway(connection& from, const std::string& detail) override;
  void stream_ended(connection& from, exchange& x, stream_end how) override;
  void connection_closed(connection& from, connection::close_reason why, const std::string& detail) override;
  void wake() override;

  void turn();
  void deliver();
  void start_waiting(clock::time_point now);
  connection* least_loaded(clock::time_point now) const noexcept;
  exchange_list* next_lane() noexcept;
  void flush_all(clock::time_point now);
  void open_if_needed(clock::time_point now);
  void open_connection();

  void arm(clock::time_point now);
  void tick();
  void expire(clock::time_point now);
  void end_rests(clock::time_point now);
  void close_idle(clock::time_point now);

  void end_unstarted(http2::failure how);
  void address_refused(const std::string& detail);
  void fell_short(const std::string& detail);
  void wait_again(exchange_list& from, exchange& x);
  void rest(exchange_list& from, exchange& x, clock::time_point now);
  exchange_list& list_of(exchange& x) noexcept;
  void finish(exchange_list& from, exchange& x, http2::failure how, clock::time_point now);
  void tell(connection_event what, const std::string& detail);
  void connection_failed();
  bool has_work() const noexcept;

  boost::asio::io_context& context;
  pool_options options;
  pool_callbacks callbacks;
  endpoint peer;
  std::shared_ptr<tls_context> tls;
  std::shared_ptr<const client_identity> identity;
  reconnect_backoff backoff;
  std::mt19937_64 random;
  boost::asio::steady_timer timer;
  clock::time_point armed_for = clock::time_point::max();
  unsigned armings = 0;  ///< tells the timer's late handler from the current one
  bool turn_posted = false;
  bool in_callback = false;
  bool draining = false;
  bool closed = false;
  bool wanted_ahead = false;  ///< warm_up() asked for a connection that is not there yet

  concurrency_limit limit;
  deadline_wheel wheel;
  std::array<exchange_list, lane_count> waiting;
  exchange_list resting;  ///< refused by the peer; back to the queue after a pause
  std::vector<std::unique_ptr<connection>> connections;
  std::vector<completion> done;  ///< told with the next turn, like `events`
  std::vector<std::pair<connection_event, std::string>> events;
  std::size_t waiting_count = 0;  ///< in `waiting` and `resting`
  std::size_t in_flight = 0;
  std::uint64_t connects = 0;
};

}  // namespace dispatch::http2
