#pragma once

// The server's side of SMTP submission as bytes in and bytes out: PIPELINING, STARTTLS, AUTH PLAIN and LOGIN,
// one recipient a message. Strict where a client's mistake would go unnoticed: a line of a message that is
// not ended by CRLF, or is longer than 998 characters, refuses the message.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::sandbox {

struct smtp_rules {
  bool offers_starttls = true;
  std::string username, password;  // without both nobody has to log in
};

class smtp_session {
 public:
  enum class next : std::uint8_t {
    go_on,
    start_tls,  // once the output is written; then secured()
    close,      // once the output is written
    hang        // nothing is written or read any more
  };

  // What is decided elsewhere. The answers are reply lines without CRLF.
  class desk {
   public:
    virtual std::string on_recipient(const std::string& address) = 0;
    // `then` may be set to close or hang; with either an empty answer is none.
    virtual std::string on_message(const std::string& address, const std::string& text, next& then) = 0;

   protected:
    ~desk() = default;
  };

  static constexpr std::size_t max_command_bytes = 4'096;
  static constexpr std::size_t max_message_bytes = 10u << 20;

  smtp_session(smtp_rules rules, desk& decides);

  next receive(std::string_view bytes);
  // What came in the clear before TLS is forgotten, also commands sent ahead (CVE-2011-0411).
  void secured();
  // To be written, and cleared.
  std::string& output() { return out_; }

 private:
  enum class phase : std::uint8_t { commands, login_name, login_password, message };

  next take_line(std::string_view line);
  next take_command(std::string_view line);
  next take_message_line(std::string_view line);
  next end_message();
  void hello();
  void take_auth(std::string_view rest);
  void judge_login(std::string_view name, std::string_view password);
  void take_mail();
  void take_rcpt(std::string_view rest);
  void reply(std::string_view line);
  void reset();

  smtp_rules rules_;
  desk& desk_;
  std::string in_, out_;
  phase phase_ = phase::commands;
  bool secured_ = false;
  bool logged_in_ = false;
  bool has_sender_ = false;
  std::string login_name_;
  std::string recipient_;
  std::string message_;
  std::string complaint_;  // why the message under way is refused
};

}  // namespace dispatch::sandbox
