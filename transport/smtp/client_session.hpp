#pragma once

// The client's side of an SMTP submission (RFC 5321, 6409) as bytes in and bytes out: greeting, EHLO,
// STARTTLS (RFC 3207), AUTH (RFC 4954), then message after message with one recipient each, pipelined where
// the server offers it (RFC 2920). Knows neither sockets nor TLS nor time.
//
//   greeting -> hello -> [starttls -> handshake -> hello] -> [authenticating] -> idle <-> sending
//   idle -> quitting -> over;   anything -> over (error() says why)

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "transport/smtp/reply_parser.hpp"

namespace dispatch::smtp {

enum class protection : std::uint8_t {
  starttls,  ///< required: a server that does not offer it gets nothing
  implicit,  ///< TLS from the first byte (RFC 8314 3.3); the session itself sees a protected connection
  none       ///< in the clear; then without AUTH
};

struct session_options {
  protection how = protection::starttls;
  std::string helo_name;
  std::string sender;    ///< MAIL FROM
  std::string username;  ///< empty = no AUTH
  std::string password;
};

/// How a message ended: the server's word on it.
struct message_end {
  int code = 0;
  std::string text;
  /// What was refused: "MAIL", "RCPT", "DATA" or "message"; empty when the message was accepted. Static text.
  std::string_view refused;
};

class client_session {
 public:
  enum class phase : std::uint8_t {
    greeting,
    hello,
    starttls,
    handshake,
    authenticating,
    idle,
    sending,
    quitting,
    over
  };
  /// Why a session is over that did not end by QUIT.
  enum class fault : std::uint8_t {
    none,
    protocol,  ///< what the server said is no SMTP, or out of step
    tls,       ///< STARTTLS missing, refused or tampered with
    refused,   ///< greeting, EHLO or AUTH refused: nothing can be sent
    closing    ///< 421: the server closes the connection
  };

  explicit client_session(session_options options);

  void receive(std::string_view bytes);
  /// Appends what is to be sent.
  void collect(std::string& out);
  /// The TLS that phase `handshake` waits for is up.
  void secured();

  phase state() const noexcept { return phase_; }
  fault why() const noexcept { return fault_; }
  /// For the log; a refusal's reply included.
  const std::string& error() const noexcept { return error_; }

  /// In phase idle. `message` (RFC 5322, lines ended by CRLF, not dot-stuffed) must stay until its end.
  void start(std::string_view recipient, std::string_view message);
  /// Set once for each started message, unless the session was over before.
  std::optional<message_end> take_end();
  /// The final dot has been collected: the server may have taken the message, whatever happens now.
  bool may_have_been_taken() const noexcept { return final_dot_out_; }
  /// In phase idle.
  void quit();

 private:
  enum class awaited : std::uint8_t { rset, mail, rcpt, data, message, nothing_sent };
  /// What the server said it can do, of the latest EHLO.
  struct extensions {
    bool starttls = false, pipelining = false, eight_bit = false, utf8 = false, plain = false, login = false;
    bool size = false;
    std::uint64_t max_size = 0;  ///< 0 = not said
  };

  void take(const reply& said);
  void take_hello(const reply& said);
  void take_starttls(const reply& said);
  void take_auth(const reply& said);
  void take_sending(const reply& said);
  void take_step(awaited step, const reply& said);
  void say_hello();
  void authenticate();
  void send_next_command();
  void send_message();
  void refuse(const reply& said, std::string_view what);
  void end_message();
  bool refuse_unsent(std::string_view recipient, std::string_view message);
  void fail(fault what, std::string_view why);
  void fail(fault what, std::string_view why, const reply& said);

  session_options options_;
  reply_parser parser_;
  std::string out_;
  phase phase_ = phase::greeting;
  fault fault_ = fault::none;
  std::string error_;
  extensions offered_;
  bool protected_ = false;
  int prompts_ = 0;  ///< of AUTH LOGIN answered

  std::string recipient_;
  std::string_view message_;
  std::deque<awaited> commands_;  ///< of the message under way, not yet written
  std::deque<awaited> awaited_;   ///< written and not yet answered
  std::optional<message_end> refusal_;
  std::optional<message_end> end_;
  bool dirty_ = false;  ///< a transaction was begun and not ended: RSET first
  bool final_dot_out_ = false;
  bool final_dot_queued_ = false;
};

/// Whether a message may be sent: every CR is followed by LF and every LF preceded by CR, no NUL. Anything
/// else is read differently by different servers (SMTP smuggling). `text` ends with CRLF.
bool is_clean_message(std::string_view text) noexcept;
/// Appends `message` with its leading dots doubled (RFC 5321 4.5.2) and the final dot.
void append_dot_stuffed(std::string& out, std::string_view message);

}  // namespace dispatch::smtp
