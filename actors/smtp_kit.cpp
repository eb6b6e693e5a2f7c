#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "actors/app_kit.hpp"
#include "actors/smtp_channel.hpp"
#include "core/digest.hpp"
#include "core/job/characters.hpp"
#include "transport/files/regular_file.hpp"
#include "transport/http2/tls_trust.hpp"
#include "transport/providers/smtp/smtp_adapter.hpp"

namespace dispatch {
namespace {

// Beside those being sent, a connection's next ones: a round of the engine must not keep it waiting.
constexpr std::size_t waiting_per_window = 2;

/// RFC 5321 4.1.1.1 wants a name, and servers refuse what could not be one.
std::string host_name() {
  std::array<char, 256> name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0;
  std::string text = known ? name.data() : "";
  return text.empty() || !all_of(text, name_with_dot) ? std::string("localhost") : text;
}

constexpr std::size_t max_template_bytes = 1U << 20U;

/// Empty text for an empty path; a string in `error` when the file cannot be read.
std::string optional_file(const std::string& path, std::size_t max_bytes, const std::string& key,
                          std::string& error) {
  if (path.empty()) return {};
  auto read = read_file(path, max_bytes);
  if (const auto* wrong = std::get_if<file_problem>(&read)) {
    error = key + ": " + wrong->message;
    return {};
  }
  return std::get<std::string>(std::move(read));
}

/// app_kit::open over SMTP.
std::function<opened_channel(channel_seat seat)> open_over_smtp(std::shared_ptr<io_thread> thread,
                                                                smtp::pool_options pool,
                                                                std::uint32_t concurrency) {
  // Held, so that no later channel has to read the trusted certificates again.
  auto trust = http2::shared_trust({pool.ca_file});
  return
      [=, thread = std::move(thread), pool = std::move(pool), trust = std::move(trust)](channel_seat seat) {
        smtp_channel_options options{seat.scope, pool, concurrency};
        options.pool.max_waiting = std::size_t{seat.window} * waiting_per_window;
        auto way = std::make_shared<smtp_channel>(thread, std::move(options), std::move(seat.calls));
        auto renew = [way](const app_kit& next) { way->replace_password(next.username, next.password); };
        return opened_channel{way, std::move(renew)};
      };
}

}  // namespace

app_kit_result make_kit(const smtp_app& app, const std::shared_ptr<io_thread>& thread, wall_clock wall) {
  const auto prefix = "smtp." + app.app + '.';
  const auto tried = try_connection(prefix, app.ca_file);
  if (!tried.wrong.empty()) return tried.wrong;
  std::string error;
  smtp_options mails;
  mails.text_template =
      optional_file(app.text_template_file, max_template_bytes, prefix + "text_template_file", error);
  mails.html_template =
      optional_file(app.html_template_file, max_template_bytes, prefix + "html_template_file", error);
  auto password = app.password;
  if (password.empty())
    password =
        first_line(optional_file(app.password_file, max_key_file_bytes, prefix + "password_file", error));
  if (error.empty() && password.empty() && !app.password_file.empty())
    error = prefix + "password_file: " + app.password_file + " holds no password on its first line";
  if (!error.empty()) return error;

  auto from = parse_mailbox(app.from);
  if (!from) return prefix + "from: must be ADDRESS or NAME <ADDRESS>";
  auto server = smtp::parse_mail_endpoint(app.endpoint);
  if (const auto* wrong = std::get_if<std::string>(&server)) return prefix + "endpoint: " + *wrong;

  smtp::pool_options pool;
  pool.server = std::get<smtp::mail_endpoint>(std::move(server));
  pool.ca_file = app.ca_file;
  pool.max_connections = app.max_connections;
  pool.max_messages_per_connection = app.max_messages_per_connection;
  pool.session.how = app.tls == "required" ? pool.server.how : smtp::protection::none;
  pool.session.helo_name = app.helo_name.empty() ? host_name() : app.helo_name;
  pool.session.sender = from->address;
  pool.session.username = app.username;
  pool.session.password = password;
  mails.now = std::move(wall);
  mails.from = std::move(*from);
  mails.reply_to = parse_mailbox(app.reply_to);
  mails.unsubscribe_url = app.unsubscribe_url;
  mails.unsubscribe_mailto = app.unsubscribe_mailto;

  app_kit kit;
  kit.adapter = make_smtp_adapter(std::move(mails));
  kit.fingerprint = to_hex(sha256(app.username + '\n' + password));
  kit.username = app.username;
  kit.password = std::move(password);
  kit.open = open_over_smtp(thread, std::move(pool), app.max_connections * app.max_streams);
  return kit;
}

}  // namespace dispatch
