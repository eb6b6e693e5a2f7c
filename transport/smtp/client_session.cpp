#include "transport/smtp/client_session.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "transport/crypto/base64.hpp"

namespace dispatch::smtp {
namespace {

constexpr std::size_t max_shown_bytes = 256;  // of a reply in error()

char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool same_word(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return upper(a) == upper(b); });
}

/// The next word of `line`, taken off its front.
std::string_view next_word(std::string_view& line) noexcept {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Whether it can stand between < and > of a command without ending it.
bool is_path(std::string_view text) noexcept {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == '<' || c == '>' || c == 0x7f;
  });
}

}  // namespace

client_session::client_session(session_options options)
    : options_(std::move(options)), protected_(options_.how == protection::implicit) {}

void client_session::fail(fault what, std::string_view why) {
  if (phase_ == phase::over) return;
  phase_ = phase::over;
  fault_ = what;
  error_ = why;
  out_.clear();
  final_dot_queued_ = false;
}

void client_session::fail(fault what, std::string_view why, const reply& said) {
  fail(what, why);
  error_.append(": ").append(std::to_string(said.code)).append(" ");
  error_.append(std::string_view(said.text).substr(0, max_shown_bytes));
}

void client_session::receive(std::string_view bytes) {
  reply said;
  while (!bytes.empty() && phase_ != phase::over) {
    // Whoever sits between us and the server could have put it there, and it would be believed as if it had
    // come under TLS (CVE-2011-0411 seen from the client).
    if (phase_ == phase::handshake)
      return fail(fault::tls, "starttls_injection: bytes behind the answer to STARTTLS");
    switch (parser_.read(bytes, said)) {
      case reply_parser::progress::incomplete:
        return;
      case reply_parser::progress::broken:
        return fail(fault::protocol, parser_.error());
      case reply_parser::progress::complete:
        if (!out_.empty()) return fail(fault::protocol, "a reply before its command", said);
        take(said);
    }
  }
}

void client_session::collect(std::string& out) {
  out.append(out_);
  out_.clear();
  if (std::exchange(final_dot_queued_, false)) final_dot_out_ = true;
}

void client_session::take(const reply& said) {
  switch (phase_) {
    case phase::greeting:
      if (said.kind() != 2) return fail(fault::refused, "the server refuses the connection", said);
      return say_hello();
    case phase::hello:
      return take_hello(said);
    case phase::starttls:
      return take_starttls(said);
    case phase::authenticating:
      return take_auth(said);
    case phase::sending:
      return take_sending(said);
    case phase::quitting:
      phase_ = phase::over;
      return;
    case phase::idle:
      if (said.code == 421) return fail(fault::closing, "the server closes the connection", said);
      return fail(fault::protocol, "a reply to nothing", said);
    case phase::handshake:
    case phase::over:
      return;
  }
}

void client_session::say_hello() {
  phase_ = phase::hello;
  out_.append("EHLO ").append(options_.helo_name).append("\r\n");
}

void client_session::take_hello(const reply& said) {
  if (said.kind() != 2) return fail(fault::refused, "EHLO refused", said);
  offered_ = {};
  std::string_view text = said.text;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto keyword = next_word(line);
    if (same_word(keyword, "STARTTLS")) offered_.starttls = true;
    if (same_word(keyword, "PIPELINING")) offered_.pipelining = true;
    if (same_word(keyword, "8BITMIME")) offered_.eight_bit = true;
    if (same_word(keyword, "SMTPUTF8")) offered_.utf8 = true;
    if (same_word(keyword, "SIZE")) {
      offered_.size = true;
      const auto most = next_word(line);
      std::from_chars(most.data(), most.data() + most.size(), offered_.max_size);
    }
    if (same_word(keyword, "AUTH")) {
      for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
        offered_.plain = offered_.plain || same_word(word, "PLAIN");
        offered_.login = offered_.login || same_word(word, "LOGIN");
      }
    }
  }
  if (options_.how == protection::starttls && !protected_) {
    if (!offered_.starttls) return fail(fault::tls, "starttls_stripped: the server does not offer STARTTLS");
    phase_ = phase::starttls;
    out_.append("STARTTLS\r\n");
    return;
  }
  authenticate();
}

void client_session::take_starttls(const reply& said) {
  if (said.code != 220) return fail(fault::tls, "starttls_stripped: STARTTLS refused", said);
  phase_ = phase::handshake;
}

void client_session::secured() {
  // What was said in the clear may be anybody's: everything is asked again (RFC 3207 section 4.2).
  protected_ = true;
  offered_ = {};
  say_hello();
}

void client_session::authenticate() {
  if (options_.username.empty()) {
    phase_ = phase::idle;
    return;
  }
  if (!protected_) return fail(fault::tls, "AUTH without TLS would show the password");
  phase_ = phase::authenticating;
  prompts_ = 0;
  if (offered_.plain) {
    std::string secret;
    secret.append(1, '\0').append(options_.username).append(1, '\0').append(options_.password);
    out_.append("AUTH PLAIN ").append(base64(secret)).append("\r\n");
  } else if (offered_.login) {
    out_.append("AUTH LOGIN\r\n");
  } else {
    fail(fault::refused, "the server offers neither AUTH PLAIN nor LOGIN");
  }
}

void client_session::take_auth(const reply& said) {
  if (said.code == 235) {
    phase_ = phase::idle;
    return;
  }
  // LOGIN asks for the name, then for the password; the texts of its prompts vary.
  if (said.code == 334 && !offered_.plain && prompts_ < 2) {
    out_.append(base64(prompts_++ == 0 ? options_.username : options_.password)).append("\r\n");
    return;
  }
  fail(fault::refused, "AUTH refused", said);
}

bool client_session::refuse_unsent(std::string_view recipient, std::string_view message) {
  const auto refuse_with = [&](int code, const char* text, std::string_view what) {
    end_ = message_end{code, text, what};
    return true;
  };
  if (!is_path(recipient)) return refuse_with(553, "5.6.0 not an address that can be sent to", "message");
  if (!is_clean_message(message)) return refuse_with(554, "5.6.0 a bare CR, LF or NUL", "message");
  if (!is_ascii(recipient) && !(offered_.utf8 && offered_.eight_bit))
    return refuse_with(553, "5.6.7 the server does not take addresses beyond ASCII", "message");
  if (offered_.max_size != 0 && message.size() > offered_.max_size)
    return refuse_with(552, "5.3.4 larger than the server's SIZE", "message");
  return false;
}

void client_session::start(std::string_view recipient, std::string_view message) {
  refusal_.reset();
  final_dot_out_ = final_dot_queued_ = false;
  if (refuse_unsent(recipient, message)) return;
  recipient_ = recipient;
  message_ = message;
  phase_ = phase::sending;
  commands_.clear();
  if (dirty_) commands_.push_back(awaited::rset);
  for (const auto step : {awaited::mail, awaited::rcpt, awaited::data}) commands_.push_back(step);
  send_next_command();
  // DATA is the last of a group (RFC 2920 section 3.1).
  while (offered_.pipelining && !commands_.empty()) send_next_command();
}

void client_session::send_next_command() {
  const auto step = commands_.front();
  commands_.pop_front();
  awaited_.push_back(step);
  switch (step) {
    case awaited::rset:
      out_.append("RSET\r\n");
      return;
    case awaited::mail:
      dirty_ = true;
      out_.append("MAIL FROM:<").append(options_.sender).append(">");
      if (offered_.size) out_.append(" SIZE=").append(std::to_string(message_.size()));
      if (!is_ascii(recipient_)) out_.append(" BODY=8BITMIME SMTPUTF8");
      out_.append("\r\n");
      return;
    case awaited::rcpt:
      out_.append("RCPT TO:<").append(recipient_).append(">\r\n");
      return;
    case awaited::data:
      out_.append("DATA\r\n");
      return;
    case awaited::message:
    case awaited::nothing_sent:
      return;
  }
}

void client_session::take_sending(const reply& said) {
  if (awaited_.empty()) return fail(fault::protocol, "a reply to nothing", said);
  const auto step = awaited_.front();
  awaited_.pop_front();
  if (said.code == 421) {
    refuse(said, step == awaited::mail || step == awaited::rset ? "MAIL"
                 : step == awaited::rcpt                        ? "RCPT"
                 : step == awaited::data                        ? "DATA"
                                                                : "message");
    end_message();
    return fail(fault::closing, "the server closes the connection", said);
  }
  take_step(step, said);
}

void client_session::take_step(awaited step, const reply& said) {
  const bool good = said.kind() == 2;
  const bool asks = said.kind() == 3;
  // DATA is granted by 354 and by nothing else, which no other command is.
  if (step == awaited::data ? good || (asks && said.code != 354) : asks)
    return fail(fault::protocol, "a reply out of step", said);
  switch (step) {
    case awaited::rset:
      if (!good) return fail(fault::protocol, "RSET refused", said);
      dirty_ = false;
      break;
    case awaited::mail:
      // What comes now begins a transaction of its own.
      dirty_ = true;
      if (!good) refuse(said, "MAIL");
      break;
    case awaited::rcpt:
      if (!good) refuse(said, "RCPT");
      break;
    case awaited::data:
      if (asks) return send_message();
      refuse(said, "DATA");
      break;
    case awaited::message:
      dirty_ = !good;
      if (good) end_ = message_end{said.code, said.text, {}};
      if (!good) refuse(said, "message");
      return end_message();
    case awaited::nothing_sent:
      return end_message();
  }
  if (refusal_) commands_.clear();
  if (!commands_.empty()) return send_next_command();
  if (awaited_.empty()) end_message();
}

void client_session::send_message() {
  if (refusal_) {
    // The server wants a message for nobody: an empty one ends that (RFC 2920 section 3.1).
    awaited_.push_back(awaited::nothing_sent);
    out_.append(".\r\n");
    return;
  }
  awaited_.push_back(awaited::message);
  append_dot_stuffed(out_, message_);
  final_dot_queued_ = true;
}

// The first refusal is the reason; what was pipelined behind it is refused for want of it.
void client_session::refuse(const reply& said, std::string_view what) {
  if (!refusal_) refusal_ = message_end{said.code, said.text, what};
}

void client_session::end_message() {
  if (!end_) end_ = std::move(refusal_);
  refusal_.reset();
  awaited_.clear();
  commands_.clear();
  message_ = {};
  phase_ = phase::idle;
}

std::optional<message_end> client_session::take_end() {
  return std::exchange(end_, std::nullopt);
}

void client_session::quit() {
  phase_ = phase::quitting;
  out_.append("QUIT\r\n");
}

}  // namespace dispatch::smtp
