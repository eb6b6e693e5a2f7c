#include "apps/dispatchd/config/connection_keys.hpp"
#include "core/job/characters.hpp"
#include "transport/providers/smtp/mailbox.hpp"
#include "transport/smtp/mail_endpoint.hpp"

namespace dispatch::config {
namespace {

using entry = smtp_app;

std::string check_endpoint(const std::string& value) {
  if (value.empty()) return {};  // said where keys are required
  const auto parsed = smtp::parse_mail_endpoint(value);
  const auto* wrong = std::get_if<std::string>(&parsed);
  return wrong ? *wrong : std::string();
}

std::string check_mailbox(const std::string& value) {
  return value.empty() || parse_mailbox(value) ? "" : "must be ADDRESS or NAME <ADDRESS>";
}

std::string check_helo_name(const std::string& value) {
  return all_of(value, name_with_dot) && value.size() <= 255 ? "" : "must match [A-Za-z0-9_.-]{0,255}";
}

std::string check_uri(const std::string& value, std::string_view scheme) {
  if (value.empty()) return {};
  const bool plain = all_of(value, url_characters) && value.find_first_of("<>") == std::string::npos;
  if (value.starts_with(scheme) && plain && value.size() <= 900) return {};
  return std::string("must begin with ").append(scheme).append(" and hold neither blanks nor < >");
}

std::vector<key<entry>> make_keys() {
  std::vector<key<entry>> all;
  all.push_back(text<entry>("endpoint", "smtp://HOST[:587] | smtps://HOST[:465]",
                            "The submission server, by STARTTLS or by TLS from the first byte; required.",
                            PLACE(endpoint), check_endpoint));
  all.push_back(choice<entry>("tls", {"required", "none", "insecure"},
                              "none: in the clear to this machine, insecure: to any; then without a login.",
                              PLACE(tls)));
  all.push_back(live(text<entry>("username", "text", "Who logs in; empty: nobody.", PLACE(username),
                                 [](const std::string&) { return std::string(); })));
  all.push_back(
      live(file<entry>("password_file", "File whose first line is the password.", PLACE(password_file))));
  all.push_back(live(environment_only<entry>("password", "Instead of password_file.", PLACE(password))));
  all.push_back(text<entry>("from", "NAME <ADDRESS>", "Whom mails are from, also in the envelope; required.",
                            PLACE(from), check_mailbox));
  all.push_back(text<entry>("reply_to", "NAME <ADDRESS>", "Where answers go; empty: to from.",
                            PLACE(reply_to), check_mailbox));
  all.push_back(text<entry>("helo_name", "[A-Za-z0-9_.-]{0,255}",
                            "What this machine calls itself; empty: its host name.", PLACE(helo_name),
                            check_helo_name));
  all.push_back(file<entry>("text_template_file", "Body of the text part; empty: a plain one.",
                            PLACE(text_template_file)));
  all.push_back(file<entry>("html_template_file", "Body of the HTML part; empty: a plain one.",
                            PLACE(html_template_file)));
  all.push_back(text<entry>("unsubscribe_url", "https://…, may hold {{variables}}",
                            "For List-Unsubscribe, with one click: it must take a POST; empty: none.",
                            PLACE(unsubscribe_url),
                            [](const std::string& value) { return check_uri(value, "https://"); }));
  all.push_back(text<entry>("unsubscribe_mailto", "mailto:…, may hold {{variables}}",
                            "For List-Unsubscribe besides; empty: none.", PLACE(unsubscribe_mailto),
                            [](const std::string& value) { return check_uri(value, "mailto:"); }));
  all.push_back(integer<entry>("max_messages_per_connection", 1, 1'000'000, "Then a new connection.",
                               PLACE(max_messages_per_connection)));
  add_connection_keys(all, false);
  for (auto& each : all) {
    if (each.name == "max_connections") each.doc = "Connections, per io thread.";
    if (each.name == "max_streams")
      each.doc = "Messages handed to a connection at a time; it sends one after another.";
  }
  return all;
}

}  // namespace

const std::vector<key<smtp_app>>& smtp_keys() {
  static const auto all = make_keys();
  return all;
}

}  // namespace dispatch::config
