#pragma once

// One connection of a pool: the session's bytes over the stream, and the message it is sending. Io thread
// only. Internal to transport/smtp.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "transport/message.hpp"
#include "transport/smtp/client_session.hpp"
#include "transport/smtp/mail_stream.hpp"

namespace dispatch::smtp {

/// A message in the pool's hands.
struct outgoing_mail {
  provider_request what;
  unsigned breaks = 0;  ///< connections that broke under it before its final dot
};

class connection final : private mail_stream::handler {
 public:
  using clock = std::chrono::steady_clock;

  enum class close_reason : std::uint8_t {
    connect_failed,  ///< also: greeting, EHLO or AUTH refused
    tls_failed,      ///< also: STARTTLS missing or tampered with
    lost,
    shortage,  ///< we could not try; the detail names what we lack
    orderly
  };

  /// The pool. May not destroy the connection inside a call.
  class owner {
   public:
    virtual void connection_ready(connection& from) = 0;
    virtual void message_ended(connection& from, message_end&& how) = 0;
    /// Once; the message under way, if any, is still there to be taken back.
    virtual void connection_closed(connection& from, close_reason why, const std::string& detail) = 0;

   protected:
    ~owner() = default;
  };

  connection(boost::asio::io_context& context, std::shared_ptr<http2::tls_context> tls,
             const http2::endpoint& peer, stream_timeouts timeouts, session_options options, owner& pool);

  void open();
  /// At once and without a word to the pool.
  void abandon();

  bool is_closed() const noexcept { return closed_; }
  bool is_opening() const noexcept { return !closed_ && !ready_; }
  bool is_idle() const noexcept { return is_usable() && !mail_; }
  /// Logged in, and will take another message now or later.
  bool is_usable() const noexcept { return !closed_ && ready_ && !retired_; }
  bool is_busy() const noexcept { return mail_.has_value(); }

  /// is_idle() must be true.
  void start(outgoing_mail&& mail, clock::time_point now);
  const outgoing_mail& mail() const noexcept { return *mail_; }
  outgoing_mail take_mail();
  bool may_have_been_taken() const noexcept { return session_.may_have_been_taken(); }
  clock::time_point sent_at() const noexcept { return sent_at_; }
  /// Messages that got an answer here.
  std::uint32_t answered() const noexcept { return answered_; }
  /// When it was opened, or when the last message ended.
  clock::time_point idle_since() const noexcept { return idle_since_; }

  /// Takes no more messages; QUIT once the one under way has its answer.
  void retire();
  bool is_retired() const noexcept { return retired_; }
  /// Gives the connection up; the pool hears of it.
  void give_up(close_reason why, const std::string& detail);

 private:
  void on_open() override;
  void on_secured() override;
  void on_bytes(std::string_view bytes) override;
  void on_written() override;
  void on_fault(mail_stream::fault what, const std::string& detail) override;

  void advance();
  void flush();
  bool close_if_over();
  void closed(close_reason why, const std::string& detail);

  owner& owner_;
  protection how_;
  client_session session_;
  mail_stream stream_;
  std::optional<outgoing_mail> mail_;
  std::string out_;
  bool writing_ = false;
  bool securing_ = false;
  bool ready_ = false;
  bool retired_ = false;
  bool closed_ = false;
  std::uint32_t answered_ = 0;
  clock::time_point sent_at_{};
  clock::time_point idle_since_ = clock::now();
};

}  // namespace dispatch::smtp
