#include "api/address_list.hpp"
#include "apps/dispatchd/config/connection_keys.hpp"
#include "transport/providers/webpush/vapid_credential.hpp"
#include "transport/providers/webpush/webpush_adapter.hpp"

namespace dispatch::config {
namespace {

using namespace std::chrono_literals;

std::string check_subject(const std::string& value) {
  return value.empty() ? "" : vapid_subject_problem(value);
}

std::string check_host(const std::string& value) {
  return is_host_pattern(value) ? "" : "holds an entry that is neither a host in lower case nor *.SUFFIX";
}

std::vector<key<webpush_app>> make_keys() {
  std::vector<key<webpush_app>> all;
  all.push_back(live(file<webpush_app>(
      "vapid_key_file",
      "The VAPID private key, PEM or 32 bytes of base64url; required (dispatchctl vapid keygen).",
      PLACE(vapid_key_file))));
  all.push_back(
      live(text<webpush_app>("subject", "mailto:ADDRESS | https://HOST/…",
                             "Where push services can reach you; required.", PLACE(subject), check_subject)));
  all.push_back(duration<webpush_app>("ttl", 0ms, 24h * 28,
                                      "How long a push service keeps a message of a job without expires_at.",
                                      PLACE(ttl)));
  all.push_back(list<webpush_app>("allow_hosts", "names or *.SUFFIX",
                                  "Push services that are sent to; empty: all.", PLACE(allow_hosts),
                                  check_host));
  all.push_back(list<webpush_app>("allow_addresses", "addresses or CIDR",
                                  "What may be connected to although it is not public.",
                                  PLACE(allow_addresses), network_problem));
  all.push_back(integer<webpush_app>("threads", 1, 64, "Threads that encrypt.", PLACE(threads)));
  add_connection_keys(all, true);
  return all;
}

}  // namespace

const std::vector<key<webpush_app>>& webpush_keys() {
  static const auto all = make_keys();
  return all;
}

}  // namespace dispatch::config
