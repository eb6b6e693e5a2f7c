#include "apps/sandbox/sandbox.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <random>

#include "apps/sandbox/control_server.hpp"
#include "apps/sandbox/fleet.hpp"
#include "apps/sandbox/keys.hpp"
#include "apps/sandbox/smtp/post_office.hpp"
#include "apps/sandbox/smtp/smtp_server.hpp"
#include "apps/sandbox/tls.hpp"

namespace dispatch::sandbox {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

fs::path prepare_directory(const fs::path& wanted) {
  auto directory = fs::absolute(wanted).lexically_normal();
  if (fs::create_directories(directory)) fs::permissions(directory, fs::perms::owner_all);
  return directory;
}

asio::ip::tcp::endpoint resolve(const std::string& host, std::uint16_t port) {
  asio::io_context io;
  asio::ip::tcp::resolver resolver(io);
  return *resolver.resolve(host, std::to_string(port), asio::ip::tcp::resolver::passive).begin();
}

std::string base_url(const std::string& host, const asio::ip::tcp::endpoint& at, std::uint16_t port) {
  if (at.address().is_unspecified()) return fmt::format("https://127.0.0.1:{}", port);
  const bool needs_brackets = host.find(':') != std::string::npos;
  return needs_brackets ? fmt::format("https://[{}]:{}", host, port)
                        : fmt::format("https://{}:{}", host, port);
}

/// A new one each time, for whoever may read the file.
std::string make_password(const fs::path& file) {
  auto password = fmt::format("{:08x}{:08x}", std::random_device{}(), std::random_device{}());
  write_file(file, password + "\n", 0600);
  return password;
}

void write_endpoints(const fs::path& file, const credentials& with, const std::string& url,
                     const std::string& http1_url, std::uint16_t control, const fs::path& ledger,
                     const boost::json::object& smtp) {
  const boost::json::object document{
      {"pid", ::getpid()},
      {"https", url},
      {"control", fmt::format("http://127.0.0.1:{}", control)},
      {"ca_file", with.ca_file.string()},
      {"fcm", boost::json::object{{"endpoint", url},
                                  {"project_id", credentials::project_id},
                                  {"service_account_file", with.service_account_file.string()}}},
      {"apns", boost::json::object{{"endpoint", url},
                                   {"key_file", with.apns_key_file.string()},
                                   {"key_id", credentials::apns_key_id},
                                   {"team_id", credentials::apns_team_id},
                                   {"topic", credentials::apns_topic}}},
      {"apns_certificate",
       boost::json::object{{"endpoint", url},
                           {"certificate_file", with.apns_certificate_file.string()},
                           {"certificate_password_file", with.apns_certificate_password_file.string()},
                           {"topic", credentials::apns_topic}}},
      {"webpush", boost::json::object{{"vapid_key_file", with.vapid_key_file.string()},
                                      {"subject", credentials::vapid_subject},
                                      {"allow_addresses", {"127.0.0.0/8", "::1"}}}},
      {"webhook", boost::json::object{{"url", url + "/webhook/"},
                                      {"http1_url", http1_url + "/webhook/"},
                                      {"secret_file", with.webhook_secret_file.string()}}},
      {"smtp", smtp},
      {"ledger", ledger.string()}};
  write_file(file, boost::json::serialize(document) + "\n", 0600);
}

}  // namespace

void run(const options& with) {
  // nghttp2 and asio report a closed socket as an error; the signal would only end us.
  std::signal(SIGPIPE, SIG_IGN);
  const auto directory = prepare_directory(with.directory);
  const auto endpoints_file = directory / "endpoints.json";
  fs::remove(endpoints_file);  // of a run that was killed: it names a dead process

  shared_state shared(load_or_make_credentials(directory, with.host),
                      with.seed.value_or(std::random_device{}()));
  if (!with.webhook_log.empty()) shared.webhooks.open(with.webhook_log);
  const auto ledger_path = with.ledger.empty() ? directory / "ledger.tsv" : fs::absolute(with.ledger);
  ledger_file ledger(ledger_path);
  auto tls = make_tls_context(shared.credential, alpn::h2);
  auto http1_tls = make_tls_context(shared.credential, alpn::http1);

  const auto at = resolve(with.host, with.port);
  fleet workers(shared, ledger, tls, with.threads, at, http1_tls);
  const auto maildir = with.maildir.empty() ? directory / "mail" : fs::absolute(with.maildir);
  post_office office(shared, ledger, maildir);
  const auto password_file = directory / "smtp-password";
  office.set_password(make_password(password_file));
  smtp_server mail(office, shared, tls, {at.address(), with.smtp_port}, false);
  smtp_server tls_mail(office, shared, tls, {at.address(), with.smtps_port}, true);
  asio::io_context control_io(1);
  control_commands commands(shared, workers, office);
  control_server control(control_io, with.control_port, [&](auto method, auto target, auto body) {
    return commands.handle(method, target, body);
  });

  const auto url = base_url(with.host, at, workers.port());
  shared.url = url;
  shared.token_uri = url + "/token";
  write_service_account(shared.credential, shared.token_uri);

  asio::signal_set signals(control_io, SIGTERM, SIGINT);
  signals.async_wait([&](auto, int) { control_io.stop(); });
  workers.start();
  mail.start();
  tls_mail.start();
  control.start();
  const auto mail_host = url.substr(0, url.rfind(':')).substr(std::string_view("https").size());
  write_endpoints(endpoints_file, shared.credential, url, base_url(with.host, at, workers.http1_port()),
                  control.port(), ledger_path,
                  {{"endpoint", fmt::format("smtp{}:{}", mail_host, mail.port())},
                   {"tls_endpoint", fmt::format("smtps{}:{}", mail_host, tls_mail.port())},
                   {"username", post_office::username},
                   {"password_file", password_file.string()},
                   {"from", "Sandbox <sender@sandbox.example>"},
                   {"maildir", maildir.string()}});
  control_io.run();

  tls_mail.stop();
  mail.stop();
  workers.stop();
  fs::remove(endpoints_file);
}

}  // namespace dispatch::sandbox
