#include <CLI/CLI.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>

#include "apps/sandbox/complain.hpp"
#include "apps/sandbox/sandbox.hpp"

int main(int argc, char** argv) {
  dispatch::sandbox::options with;
  CLI::App app(
      "Pretends to be FCM, Google's OAuth endpoint and APNs over TLS and HTTP/2, and a mail server, with "
      "faults to order.",
      "dispatch-sandbox");
  app.set_version_flag("--version", "0.1.0");
  app.add_option("--dir", with.directory, "Directory for keys, endpoints.json and the ledger")->required();
  app.add_option("--host", with.host, "Address or name the providers listen on")->capture_default_str();
  app.add_option("--port", with.port, "Port of the providers; 0: any")->capture_default_str();
  app.add_option("--control-port", with.control_port, "Port of the commands on 127.0.0.1; 0: any")
      ->capture_default_str();
  app.add_option("--threads", with.threads, "io threads")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--ledger", with.ledger, "Ledger file (default DIR/ledger.tsv)");
  app.add_option("--webhook-log", with.webhook_log,
                 "File for what receivers of webhooks take, a JSON line each");
  app.add_option("--smtp-port", with.smtp_port, "Port of the mail server; 0: any")->capture_default_str();
  app.add_option("--smtps-port", with.smtps_port, "The same with TLS from the first byte; 0: any")
      ->capture_default_str();
  app.add_option("--maildir", with.maildir, "Where mail is kept, a file each in new/ (default DIR/mail)");
  app.add_option("--seed", with.seed, "Seed of the dice for shares");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream wrong;
    if (app.exit(error, std::cout, wrong) != 0) {
      std::fputs(dispatch::sandbox::plain(wrong.str()).c_str(), stderr);
      return 2;
    }
    // Help that nobody could read is no success.
    return std::cout.flush() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? 0 : 1;
  }
  try {
    dispatch::sandbox::run(with);
  } catch (const boost::system::system_error& error) {
    // what() would add Boost's source line.
    dispatch::sandbox::complain("cannot listen on " + with.host + " port " + std::to_string(with.port) +
                                " or 127.0.0.1 port " + std::to_string(with.control_port) + ": " +
                                error.code().message());
    return 1;
  } catch (const std::exception& error) {
    dispatch::sandbox::complain(error.what());
    return 1;
  }
  return 0;
}
