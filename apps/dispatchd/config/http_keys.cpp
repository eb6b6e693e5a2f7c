// The keys of the ingestion side's listener.

#include <array>

#include "api/address_list.hpp"
#include "apps/dispatchd/config/key_makers.hpp"

namespace dispatch::config {
namespace {

using namespace std::chrono_literals;

/// Names of the headers a request is judged by: adding or removing them would be a way around that.
constexpr std::array<std::string_view, 10> guarded_headers{"authorization",
                                                           "content-length",
                                                           "expect",
                                                           "host",
                                                           "transfer-encoding",
                                                           "webhook-signature",
                                                           "webhook-timestamp",
                                                           "webhook-id",
                                                           "x-forwarded-for",
                                                           "x-api-key"};
/// And of those that say how an answer is read.
constexpr std::array<std::string_view, 5> framing_headers{"connection", "content-length", "content-type",
                                                          "date", "transfer-encoding"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_header_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    const char small = static_cast<char>(c | 0x20);
    return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

template <std::size_t N>
std::string check_header(std::string_view name, const std::array<std::string_view, N>& untouchable) {
  if (!is_header_name(name)) return "holds an entry that is no header's name";
  const bool is_untouchable =
      std::find(untouchable.begin(), untouchable.end(), lower(name)) != untouchable.end();
  return is_untouchable ? std::string(name) + " is not to be touched" : "";
}

std::string_view name_in(std::string_view line) {
  return line.substr(0, std::min(line.find(": "), line.size()));
}

std::string check_line(const std::string& line, const std::string& wrong) {
  if (line.find(": ") == std::string::npos) return "holds an entry that is not \"Name: value\"";
  return wrong;
}

std::string check_listen(const std::string& value) {
  if (value.empty() || listen_address::parse(value)) return "";
  return "must be ADDRESS:PORT ([ADDRESS]:PORT for IPv6), or empty";
}

std::string check_origin(const std::string& value) {
  const bool web = value.starts_with("https://") || value.starts_with("http://");
  const bool bare =
      web && value.find('/', value.find("//") + 2) == std::string::npos && !value.ends_with('/');
  return value == "*" || bare ? "" : "holds an entry that is no origin (https://HOST[:PORT]) and not *";
}

void add_header_keys(std::vector<key<settings>>& all) {
  all.push_back(list<settings>("http.request_headers_add", "Name: value",
                               "Added to a request that has no such header.", PLACE(http.request_headers_add),
                               [](const std::string& line) {
                                 return check_line(line, check_header(name_in(line), guarded_headers));
                               }));
  all.push_back(list<settings>("http.request_headers_remove", "names",
                               "Taken from a request before it is looked at.",
                               PLACE(http.request_headers_remove),
                               [](const std::string& name) { return check_header(name, guarded_headers); }));
  all.push_back(list<settings>("http.response_headers_add", "Name: value", "Added to every answer.",
                               PLACE(http.response_headers_add), [](const std::string& line) {
                                 return check_line(line, check_header(name_in(line), framing_headers));
                               }));
  all.push_back(list<settings>("http.response_headers_remove", "names", "Taken from every answer.",
                               PLACE(http.response_headers_remove),
                               [](const std::string& name) { return check_header(name, framing_headers); }));
}

}  // namespace

void add_http(std::vector<key<settings>>& all) {
  all.push_back(text<settings>(
      "http.listen", "ADDRESS:PORT",
      "Where jobs are taken over HTTP; empty: off. This default opens once somebody may call (below).",
      PLACE(http.listen), check_listen));
  all.push_back(
      live(file<settings>("http.tls_certificate_file", "PEM chain, our certificate first; empty: no TLS.",
                          PLACE(http.tls_certificate_file))));
  all.push_back(live(file<settings>("http.tls_key_file", "Its private key.", PLACE(http.tls_key_file))));
  all.push_back(list<settings>("http.allow", "addresses or CIDR", "Who may call it; empty: everyone who can.",
                               PLACE(http.allow), network_problem));
  all.push_back(list<settings>("http.deny", "addresses or CIDR", "Who may not, whatever allow says.",
                               PLACE(http.deny), network_problem));
  all.push_back(list<settings>("http.trusted_proxies", "addresses or CIDR",
                               "Whose X-Forwarded-For names the caller; from others it is ignored.",
                               PLACE(http.trusted_proxies), network_problem));
  all.push_back(integer<settings>("http.max_connections", 1, 10'000, "Connections at once.",
                                  PLACE(http.max_connections)));
  all.push_back(integer<settings>("http.max_connections_per_address", 0, 10'000,
                                  "Of one address (IPv6: one /64); 0: no limit of its own.",
                                  PLACE(http.max_connections_per_address)));
  all.push_back(list<settings>("http.cors_origins", "https://HOST[:PORT] | *",
                               "Pages of these origins may call from a browser; empty: none.",
                               PLACE(http.cors_origins), check_origin));
  all.push_back(flag<settings>("http.cors_credentials",
                               "Whether they may send cookies and the like; not with *.",
                               PLACE(http.cors_credentials)));
  all.push_back(duration<settings>("http.cors_max_age", 0s, 24h,
                                   "How long a browser keeps a preflight's answer.",
                                   PLACE(http.cors_max_age)));
  add_header_keys(all);
}

}  // namespace dispatch::config
