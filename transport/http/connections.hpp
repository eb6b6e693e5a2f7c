#pragma once

// What is behind the HTTP server's plain face: the listening socket and its connections. Inner header; all of
// it runs on the io thread, but for what says otherwise.

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "transport/http/body_shares.hpp"
#include "transport/http/reply_outbox.hpp"
#include "transport/http/request_reader.hpp"
#include "transport/http/server.hpp"
#include "transport/http/server_stream.hpp"
#include "transport/io_thread.hpp"

namespace dispatch::http_connections {

using boost::asio::ip::tcp;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

class session;

/// The listening socket and its connections.
class listener : public std::enable_shared_from_this<listener> {
 public:
  listener(io_thread& owner, http_server_options given, http_async_handler on_request);

  void accept();
  void use(server_certificate certificate);  ///< any thread
  void stop();                               ///< not on the io thread
  void left(const std::shared_ptr<session>& gone);
  /// Bytes of bodies that came in, or (negative) were answered. False: there is no room for them, and nobody
  /// that could give way.
  bool hold(const session& by, const body_share& whose, std::ptrdiff_t bytes);
  /// From now on it is a connection of that client's; empty: nobody's. False: that has as many as it may.
  bool count_as(session& which, const std::string& group);
  /// Bytes of answers that came, or (negative) were taken by their client.
  void count_unsent(std::ptrdiff_t bytes) noexcept { unsent_ += bytes; }
  /// So many answers wait for clients that whoever has one to take is not read.
  bool is_clogged() const noexcept { return unsent_ > static_cast<std::ptrdiff_t>(options.answers_limit); }

  const http_server_options options;
  const http_async_handler handler;
  const std::shared_ptr<reply_outbox> replies;
  std::uint16_t port = 0;
  bool stopping = false;

 private:
  void accepted(tcp::socket socket);
  bool full() const;
  bool full(const std::string& group) const;
  /// True: a connection was closed for another's sake. Of that group only, unless it is empty.
  bool evict(const std::string& group, const session* but = nullptr);
  session* slowest_body(const body_share& whose, const session& but, clock::duration least_age) const;
  void tick();
  void count();

  io_thread& thread_;
  server_certificate tls_;  ///< nullptr: none
  tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_, clock_;
  bool ticking_ = false;
  std::unordered_set<std::shared_ptr<session>> sessions_;
  std::unordered_map<std::string, std::size_t> by_group_;
  std::size_t refusing_ = 0;
  body_shares bodies_;
  std::ptrdiff_t unsent_ = 0;
  // For stop() to wait on.
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::condition_variable emptied_;
  std::size_t open_ = 0;
};

struct session_peer {
  std::string address;
  std::string group;  ///< what connections are counted by: the address, of IPv6 its /64
  bool refused = false;
  bool is_proxy = false;  ///< connections count as their clients'
};

/// What a connection that waits for its client has shown of itself.
enum class worth : std::uint8_t { over, unproven, proven };
struct standing {
  worth value = worth::over;
  clock::time_point since;
};

/// Whoever has one IPv6 address mostly has a whole /64 of them.
std::string group_of(const boost::asio::ip::address& address);

/// One connection. Reads as long as there is room for requests, and answers in their order.
class session : public std::enable_shared_from_this<session> {
 public:
  session(std::shared_ptr<listener> owner, std::unique_ptr<server_stream> stream, session_peer peer);

  void start();
  void finish();  ///< the server stops: an idle connection closes, another after its answers
  void close();
  void tick(clock::time_point now);
  void answer(std::uint64_t number, http_response response);
  void give_way();  ///< another needs the room of the body that is being read
  const session_peer& peer() const noexcept { return peer_; }
  /// nullopt: it waits for us.
  std::optional<standing> dispensable(clock::time_point now) const;
  /// Since when it reads a body on that account; nullopt: it does not.
  std::optional<clock::time_point> reads_body_of(const body_share& whose) const;
  const std::string& owner() const noexcept { return share_.owner; }

  std::string counted_as;  ///< listener's: the group it counts for

 private:
  struct slot {
    answer_form form;
    body_share share;
    std::size_t body_bytes = 0;
    bool ready = false;
    std::string bytes;
  };
  enum class phase { handshake, open, lingering, closed };

  void fill();
  void received(error_code error, std::size_t count);
  void process();
  bool process_some();  ///< true: nothing more to be had from what was read
  void advance(request_reader::step step, std::size_t bytes_left);
  bool may_read() const noexcept;
  bool idle() const noexcept;
  bool account_body();
  bool screen(http_request& head);  ///< false: it was refused
  void handle(http_request request);
  void reject(int status, std::string_view detail);
  void push_ready(const answer_form& form, std::string bytes);
  void count_unsent(std::ptrdiff_t bytes) noexcept;
  std::string_view lateness(clock::time_point now) const;
  void post_flush();
  void flush();
  void written(error_code error);
  void linger();
  void discard();

  std::shared_ptr<listener> owner_;
  std::unique_ptr<server_stream> stream_;
  session_peer peer_;
  request_reader reader_;
  phase phase_ = phase::handshake;
  std::optional<head_verdict> verdict_;  ///< of the request that is read
  body_share share_;                     ///< of that or the latest one
  std::string in_;                       ///< its first filled_ bytes were read and not used yet
  std::size_t filled_ = 0;               ///< at most a head and a chunk
  std::deque<slot> slots_;
  std::uint64_t first_slot_ = 0;  ///< number of slots_.front()
  std::string ready_, writing_;
  std::size_t unsent_ = 0;      ///< bytes of the slots that are ready, of ready_ and of writing_
  std::size_t body_held_ = 0;   ///< of the request that is read
  std::size_t wire_bytes_ = 0;  ///< since its body began
  std::size_t discarded_ = 0;
  bool read_pending_ = false, write_pending_ = false, flush_posted_ = false, processing_ = false;
  bool paused_ = false;     ///< not read because of what is not answered yet: not the client's slowness
  bool last_read_ = false;  ///< no request is read any more; closed after the last answer
  bool first_ = true;
  /// Since when it does what it does: reads a head, a body, nothing, ends; and writes.
  clock::time_point since_, write_since_, body_since_;
};

}  // namespace dispatch::http_connections
