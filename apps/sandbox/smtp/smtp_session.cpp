#include "apps/sandbox/smtp/smtp_session.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "apps/sandbox/base64url.hpp"

namespace dispatch::sandbox {
namespace {

constexpr std::size_t max_text_line = 998;  // RFC 5322 2.1.1

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

std::string decode_base64(std::string_view text) {
  std::string plain(text.substr(0, text.find('=')));
  std::replace(plain.begin(), plain.end(), '+', '-');
  std::replace(plain.begin(), plain.end(), '/', '_');
  return decode_base64url(plain).value_or(std::string());
}

/// The address of "TO:<ada@example.com> …".
std::string path_in(std::string_view rest) {
  const auto from = rest.find('<');
  const auto to = rest.find('>');
  if (from == std::string_view::npos || to == std::string_view::npos || to < from) return {};
  return std::string(rest.substr(from + 1, to - from - 1));
}

}  // namespace

smtp_session::smtp_session(smtp_rules rules, desk& decides) : rules_(std::move(rules)), desk_(decides) {
  reply("220 sandbox ESMTP");
}

void smtp_session::reply(std::string_view line) {
  out_.append(line).append("\r\n");
}

void smtp_session::reset() {
  has_sender_ = false;
  recipient_.clear();
  message_.clear();
  complaint_.clear();
  phase_ = phase::commands;
}

void smtp_session::secured() {
  secured_ = true;
  in_.clear();
  reset();
}

smtp_session::next smtp_session::receive(std::string_view bytes) {
  in_.append(bytes);
  std::size_t done = 0;
  auto then = next::go_on;
  // By LF, so that a line without CR is seen as one and refused, not joined to the next.
  for (auto end = in_.find('\n'); end != std::string::npos && then == next::go_on;
       end = in_.find('\n', done)) {
    then = take_line(std::string_view(in_).substr(done, end - done));
    done = end + 1;
  }
  in_.erase(0, done);
  if (then == next::go_on && in_.size() > max_command_bytes) {
    reply("500 5.5.2 line too long");
    return next::close;
  }
  return then;
}

smtp_session::next smtp_session::take_line(std::string_view line) {
  const bool clean = line.ends_with('\r') && line.find('\r') == line.size() - 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (phase_ == phase::message) {
    if (!clean) complaint_ = "550 5.6.11 a bare CR or LF";
    return take_message_line(line);
  }
  if (!clean) {
    reply("500 5.5.2 a bare CR or LF");
    return next::close;
  }
  if (phase_ == phase::login_name) {
    login_name_ = decode_base64(line);
    phase_ = phase::login_password;
    reply("334 UGFzc3dvcmQ6");
    return next::go_on;
  }
  if (phase_ == phase::login_password) {
    phase_ = phase::commands;
    judge_login(login_name_, decode_base64(line));
    return next::go_on;
  }
  return take_command(line);
}

smtp_session::next smtp_session::take_command(std::string_view line) {
  const auto verb = upper(line.substr(0, line.find(' ')));
  const auto rest = line.substr(std::min(verb.size() + 1, line.size()));
  if (verb == "EHLO") {
    hello();
  } else if (verb == "STARTTLS" && rules_.offers_starttls && !secured_) {
    reply("220 2.0.0 ready");
    return next::start_tls;
  } else if (verb == "AUTH" && secured_ && !logged_in_) {
    take_auth(rest);
  } else if (verb == "MAIL") {
    take_mail();
  } else if (verb == "RCPT") {
    take_rcpt(rest);
  } else if (verb == "DATA") {
    if (recipient_.empty()) {
      reply("503 5.5.1 no recipient");
    } else {
      phase_ = phase::message;
      reply("354 go on");
    }
  } else if (verb == "RSET") {
    reset();
    reply("250 2.0.0 OK");
  } else if (verb == "NOOP") {
    reply("250 2.0.0 OK");
  } else if (verb == "QUIT") {
    reply("221 2.0.0 bye");
    return next::close;
  } else {
    reply("502 5.5.1 not now, or never");
  }
  return next::go_on;
}

void smtp_session::hello() {
  reset();
  out_.append("250-sandbox\r\n250-PIPELINING\r\n250-SIZE ").append(std::to_string(max_message_bytes));
  out_.append("\r\n");
  if (rules_.offers_starttls && !secured_) out_.append("250-STARTTLS\r\n");
  if (secured_) out_.append("250-AUTH PLAIN LOGIN\r\n");
  out_.append("250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n");
}

void smtp_session::take_auth(std::string_view rest) {
  if (upper(rest) == "LOGIN") {
    phase_ = phase::login_name;
    reply("334 VXNlcm5hbWU6");
    return;
  }
  if (!upper(rest.substr(0, 6)).starts_with("PLAIN ")) return reply("504 5.5.4 PLAIN or LOGIN");
  // [authzid] NUL name NUL password (RFC 4616)
  const auto plain = decode_base64(rest.substr(6));
  const auto first = plain.find('\0');
  const auto second = first == std::string::npos ? first : plain.find('\0', first + 1);
  if (second == std::string::npos) return reply("501 5.5.2 not PLAIN");
  judge_login(std::string_view(plain).substr(first + 1, second - first - 1),
              std::string_view(plain).substr(second + 1));
}

void smtp_session::judge_login(std::string_view name, std::string_view password) {
  logged_in_ = name == rules_.username && password == rules_.password;
  reply(logged_in_ ? "235 2.7.0 welcome" : "535 5.7.8 wrong user or password");
}

void smtp_session::take_mail() {
  if (!logged_in_ && !rules_.username.empty()) return reply("530 5.7.0 log in first");
  if (has_sender_) return reply("503 5.5.1 one sender a message");
  has_sender_ = true;
  reply("250 2.1.0 OK");
}

void smtp_session::take_rcpt(std::string_view rest) {
  const auto address = path_in(rest);
  if (!has_sender_ || !recipient_.empty()) return reply("503 5.5.1 one sender, then one recipient");
  if (address.empty()) return reply("501 5.1.3 no address");
  const auto said = desk_.on_recipient(address);
  if (said.starts_with('2')) recipient_ = address;
  reply(said);
}

smtp_session::next smtp_session::take_message_line(std::string_view line) {
  if (line == ".") return end_message();
  if (line.starts_with('.')) line.remove_prefix(1);  // RFC 5321 4.5.2
  if (line.size() > max_text_line) complaint_ = "554 5.6.0 a line of more than 998 characters";
  if (message_.size() + line.size() > max_message_bytes) {
    complaint_ = "552 5.3.4 too large";
    return next::go_on;
  }
  message_.append(line).append("\r\n");
  return next::go_on;
}

smtp_session::next smtp_session::end_message() {
  auto then = next::go_on;
  const auto said = complaint_.empty() ? desk_.on_message(recipient_, message_, then) : complaint_;
  reset();
  if (!said.empty()) reply(said);
  return then;
}

}  // namespace dispatch::sandbox
