#include "actors/smtp_kit.hpp"

#include <unistd.h>

#include <array>
#include <utility>

#include "actors/read_file.hpp"
#include "core/digest.hpp"
#include "core/job/characters.hpp"
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

/// Empty text for an empty path; a string in `error` when the file cannot be read.
std::string optional_file(const std::string& path, const std::string& key, std::string& error) {
  if (path.empty()) return {};
  auto text = read_file(path);
  if (!text) error = key + ": cannot be read";
  return std::move(text).value_or(std::string());
}

}  // namespace

std::variant<smtp_kit, std::string> make_smtp_kit(const smtp_app& app) {
  const auto prefix = "smtp." + app.app + '.';
  std::string error;
  smtp_options mails;
  mails.text_template = optional_file(app.text_template_file, prefix + "text_template_file", error);
  mails.html_template = optional_file(app.html_template_file, prefix + "html_template_file", error);
  auto password = app.password;
  if (password.empty())
    password = first_line(optional_file(app.password_file, prefix + "password_file", error));
  if (!error.empty()) return error;

  auto from = parse_mailbox(app.from);
  if (!from) return prefix + "from: must be ADDRESS or NAME <ADDRESS>";
  auto server = smtp::parse_mail_endpoint(app.endpoint);
  if (const auto* wrong = std::get_if<std::string>(&server)) return prefix + "endpoint: " + *wrong;

  smtp_kit kit;
  kit.fingerprint = to_hex(sha256(app.username + '\n' + password));
  kit.pool.server = std::get<smtp::mail_endpoint>(std::move(server));
  kit.pool.ca_file = app.ca_file;
  kit.pool.max_connections = app.max_connections;
  kit.pool.max_messages_per_connection = app.max_messages_per_connection;
  kit.pool.max_waiting = std::size_t{app.max_connections} * app.max_streams * 2 * waiting_per_window;
  auto& session = kit.pool.session;
  session.how = app.tls == "required" ? kit.pool.server.how : smtp::protection::none;
  session.helo_name = app.helo_name.empty() ? host_name() : app.helo_name;
  session.sender = from->address;
  session.username = app.username;
  session.password = std::move(password);
  mails.from = std::move(*from);
  mails.reply_to = parse_mailbox(app.reply_to);
  mails.unsubscribe_url = app.unsubscribe_url;
  mails.unsubscribe_mailto = app.unsubscribe_mailto;
  kit.adapter = make_smtp_adapter(std::move(mails));
  return kit;
}

}  // namespace dispatch
