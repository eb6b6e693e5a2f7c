#include "apps/sandbox/smtp/post_office.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "apps/sandbox/keys.hpp"
#include "apps/sandbox/smtp/address_fault.hpp"

namespace dispatch::sandbox {
namespace {

int code_of(std::string_view reply) {
  int code = 0;
  std::from_chars(reply.data(), reply.data() + reply.size(), code);
  return code;
}

/// What follows the code, up to the next blank: an enhanced status code or a word.
std::string_view reason_of(std::string_view reply) {
  const auto rest = reply.substr(std::min<std::size_t>(4, reply.size()));
  return rest.substr(0, rest.find(' '));
}

}  // namespace

std::string_view message_key(std::string_view text) {
  constexpr std::string_view name = "\r\nMessage-ID: <";
  const auto head = text.substr(0, text.find("\r\n\r\n"));
  const auto at = head.find(name);
  if (at == std::string_view::npos) return "-";
  const auto rest = head.substr(at + name.size());
  return rest.substr(0, rest.find_first_of("@>\r"));
}

post_office::post_office(shared_state& shared, ledger_file& ledger, const std::filesystem::path& maildir)
    : shared_(shared), ledger_(ledger), maildir_(maildir) {
  for (const auto* folder : {"tmp", "new", "cur"}) std::filesystem::create_directories(maildir_ / folder);
  rules_.username = username;
}

smtp_rules post_office::rules() const {
  const std::scoped_lock lock(guard_);
  return rules_;
}

void post_office::set_starttls(bool offered) {
  const std::scoped_lock lock(guard_);
  rules_.offers_starttls = offered;
}

void post_office::set_password(std::string password) {
  const std::scoped_lock lock(guard_);
  rules_.password = std::move(password);
}

std::string post_office::judge_recipient(const std::string& address, std::uint64_t connection) {
  const auto fault = parse_address_fault(address);
  if (fault.kind != address_fault_kind::fail) return "250 2.1.5 OK";
  log(fault.code, "-", address, connection, fault.status);
  return ordered_reply(fault.code, fault.status);
}

std::string post_office::decide(const std::string& address, smtp_session::next& then) {
  const auto order = shared_.orders.draw(provider::smtp, std::chrono::steady_clock::now()).order;
  if (order && order->how == fate::hang) then = smtp_session::next::hang;
  if (order && order->how != fate::reply && order->how != fate::hang) then = smtp_session::next::close;
  if (order && order->how != fate::reply) return {};
  if (order) {
    if (order->status == 421) then = smtp_session::next::close;
    return ordered_reply(order->status, {});
  }
  const auto fault = parse_address_fault(address);
  if (fault.kind == address_fault_kind::hang) then = smtp_session::next::hang;
  if (fault.kind == address_fault_kind::drop) then = smtp_session::next::close;
  if (then != smtp_session::next::go_on) return {};
  if (fault.kind == address_fault_kind::flaky &&
      shared_.attempts.next(provider::smtp, address) <= fault.times)
    return ordered_reply(fault.code, fault.status);
  return "250 2.0.0 OK queued as " + std::to_string(shared_.next_message++);
}

std::string post_office::judge_message(const std::string& address, const std::string& text,
                                       std::uint64_t connection, smtp_session::next& then) {
  auto said = decide(address, then);
  const bool dropped = said.empty() && then == smtp_session::next::close;
  // Taken, but nobody hears of it: the file is there, and the ledger's status 0.
  if (dropped || said.starts_with('2')) keep(address, text);
  const auto reason = said.starts_with('2') ? std::string_view("-")
                      : said.empty()        ? std::string_view(dropped ? "dropped" : "hang")
                                            : reason_of(said);
  log(said.empty() ? 0 : code_of(said), message_key(text), address, connection, reason);
  return said;
}

void post_office::keep(const std::string& address, const std::string& text) {
  const auto name = std::to_string(++kept_) + '.' + std::to_string(::getpid()) + ".sandbox";
  // The envelope is not in the message.
  write_file(maildir_ / "tmp" / name, "Delivered-To: " + address + "\r\n" + text, 0600);
  std::filesystem::rename(maildir_ / "tmp" / name, maildir_ / "new" / name);
}

void post_office::log(int status, std::string_view dedupe, const std::string& address,
                      std::uint64_t connection, std::string_view reason) {
  ledger_line line;
  line.unix_us = std::chrono::duration_cast<std::chrono::microseconds>(
                     std::chrono::system_clock::now().time_since_epoch())
                     .count();
  line.who = provider::smtp;
  line.status = status;
  line.dedupe = dedupe;
  line.target = address;
  line.connection = connection;
  line.reason = reason;
  shared_.count.count(provider::smtp, status);
  std::string text;
  append_ledger_line(text, line);
  ledger_.write(text);
}

}  // namespace dispatch::sandbox
