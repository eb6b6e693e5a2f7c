#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/sandbox/client_certificate.hpp"
#include "apps/sandbox/h2_session.hpp"

namespace dispatch::sandbox {

class worker;

// One client: TLS around an HTTP/2 session. It lives on its worker's thread and writes only when the worker
// says so at the end of a loop turn, after the ledger.
class connection final : public std::enable_shared_from_this<connection>, private h2_session::events {
 public:
  static constexpr std::size_t write_chunk = 64 * 1024;

  connection(worker& owner, boost::asio::ip::tcp::socket socket, std::uint64_t id);
  ~connection();

  void start();
  std::uint64_t id() const { return id_; }

  // False when it is in the worker's list already.
  bool mark_dirty() { return !std::exchange(dirty_, true); }
  void clear_dirty() { dirty_ = false; }
  void flush();
  // A delay is over.
  void release(std::int32_t stream_id);
  void go_away(goaway_mode mode);
  void limit_streams(std::uint32_t at_most);
  // Closes now; `abrupt` sends a TCP reset. Answers under way are lost.
  void close(bool abrupt);

 private:
  void on_request(exchange& with) override;
  void on_stream_gone(exchange& with, bool refused) override;

  void read();
  void settle(exchange& with);
  void log(const exchange& with, int status, std::string_view reason);
  void hash_authorization(exchange& with);
  void say_goodbye();
  void close_after(std::chrono::seconds limit);

  worker& owner_;
  const std::uint64_t id_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::asio::steady_timer deadline_;
  std::optional<h2_session> session_;  // from the end of the handshake
  std::array<std::uint8_t, 32 * 1024> input_;
  std::vector<std::uint8_t> output_;
  std::optional<goaway_mode> goaway_;
  bool dirty_ = false;
  bool writing_ = false;
  bool broken_ = false;  // protocol error: send what is left, then close
  bool leaving_ = false;
  bool closed_ = false;
  client_certificate client_;
  std::string hashed_authorization_;
  std::array<char, 8> authorization_hash_{};
};

}  // namespace dispatch::sandbox
