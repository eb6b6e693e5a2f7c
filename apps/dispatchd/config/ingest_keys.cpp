// The keys of who may hand jobs in over HTTP. All of them are live: a reload makes new tables of them.

#include "api/address_list.hpp"
#include "apps/dispatchd/config/key_makers.hpp"
#include "core/types.hpp"

namespace dispatch::config {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t most_requests = 1'000'000'000;
constexpr const char* printable = "printable ASCII, at most 255 characters";

std::string check_printable(const std::string& value) {
  const bool good = value.size() <= 255 &&
                    std::all_of(value.begin(), value.end(), [](char c) { return c > 0x1f && c < 0x7f; });
  return good ? "" : "must be printable ASCII, at most 255 characters";
}

std::string check_name(const std::string& value) {
  return is_app_name(value) ? "" : "must match [A-Za-z0-9_-]{1,64}";
}

std::string check_name_or_empty(const std::string& value) {
  return value.empty() ? "" : check_name(value);
}

std::string check_digest(const std::string& value) {
  const bool hex = std::all_of(value.begin(), value.end(),
                               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex && value.size() == 64 ? "" : "must hold SHA-256 digests, 64 hex digits in lower case";
}

template <class Object>
key<Object> lane_key(const char* name, const char* doc) {
  return words<Object>(
      name, {"high", "normal", "bulk"}, doc,
      [](Object& object, const std::string& word) { object.lane = parse_lane(word).value_or(lane::normal); },
      [](const Object& object) { return std::string(to_string(object.lane)); });
}

template <class Object>
void add_windows(std::vector<key<Object>>& all, const char* per_minute, const char* per_hour,
                 const char* per_day) {
  all.push_back(integer<Object>(per_minute, 0, most_requests,
                                "Requests in a minute of the clock; 0: no limit.", PLACE(windows.minute)));
  all.push_back(integer<Object>(per_hour, 0, most_requests, "Requests in an hour of the clock; 0: no limit.",
                                PLACE(windows.hour)));
  all.push_back(integer<Object>(per_day, 0, most_requests, "Requests in a day (UTC); 0: no limit.",
                                PLACE(windows.day)));
}

template <class Object>
void add_secrets(std::vector<key<Object>>& all, const char* doc) {
  all.push_back(file<Object>("secret_file", doc, PLACE(secret_file)));
  all.push_back(environment_only<Object>("secret", "Instead of secret_file.", PLACE(secret)));
}

std::vector<key<credential_settings>> make_credential_keys() {
  using entry = credential_settings;
  std::vector<key<entry>> all;
  all.push_back(choice<entry>("type", {"key", "jwt", "hmac"},
                              "API key, JSON Web Token, or requests signed as Standard Webhooks.",
                              PLACE(type)));
  all.push_back(text<entry>("tenant", "[A-Za-z0-9_-]{1,64}", "Whose jobs it hands in and sees.",
                            PLACE(tenant), check_name));
  all.push_back(list<entry>("scopes", "send, read, admin",
                            "send: hand jobs in; read: see them; admin: cancel, pause, resume.",
                            PLACE(scopes), [](const std::string&) { return std::string(); }));
  auto digests = list<entry>("key_sha256", "SHA-256 in hex",
                             "type key: digests of its keys (dispatchctl key new makes both).",
                             PLACE(key_sha256), check_digest);
  digests.secret = true;
  digests.get = [](const entry& from) {
    return print_list(std::vector<std::string>(from.key_sha256.size(), "***"));
  };
  all.push_back(std::move(digests));
  add_secrets(all, "type hmac: whsec_ secrets, one a line; type jwt with HS256: the secret.");
  all.push_back(choice<entry>("algorithm", {"HS256", "RS256", "ES256"}, "type jwt: the only one accepted.",
                              PLACE(algorithm)));
  all.push_back(file<entry>("public_key_file", "type jwt with RS256 or ES256: the PEM public key.",
                            PLACE(public_key_file)));
  all.push_back(text<entry>("issuer", printable, "type jwt: what `iss` must be; required.", PLACE(issuer),
                            check_printable));
  all.push_back(text<entry>("key_id", printable, "type jwt: what `kid` must be; empty: there must be none.",
                            PLACE(key_id), check_printable));
  all.push_back(text<entry>("audience", printable, "type jwt: what `aud` must hold; required.",
                            PLACE(audience), check_printable));
  all.push_back(duration<entry>("leeway", 0s, 5min, "type jwt: how far clocks may differ.", PLACE(leeway)));
  all.push_back(
      duration<entry>("max_lifetime", 1s, 24h, "type jwt: how far ahead `exp` may be.", PLACE(max_lifetime)));
  add_windows(all, "per_minute", "per_hour", "per_day");
  return all;
}

std::vector<key<source_settings>> make_source_keys() {
  using entry = source_settings;
  std::vector<key<entry>> all;
  all.push_back(
      text<entry>("tenant", "[A-Za-z0-9_-]{1,64}", "Whose jobs they become.", PLACE(tenant), check_name));
  all.push_back(lane_key<entry>("lane", "Lane of those jobs."));
  all.push_back(file<entry>("mapping_file", "How a payload becomes a job (docs/webhooks.md); required.",
                            PLACE(mapping_file)));
  all.push_back(choice<entry>("verify", {"standard-webhooks", "hmac-sha256-hex", "bearer"},
                              "How a delivery proves where it comes from.", PLACE(verify)));
  add_secrets(all, "What it is proved with: a secret a line, several while one replaces another.");
  all.push_back(text<entry>("signature_header", "a header's name",
                            "hmac-sha256-hex: where the signature is; bearer: instead of Authorization.",
                            PLACE(signature_header), check_printable));
  all.push_back(text<entry>("signature_prefix", printable,
                            "hmac-sha256-hex: what stands before the digits (sha256= for GitHub).",
                            PLACE(signature_prefix), check_printable));
  all.push_back(choice<entry>("signature_form", {"hex", "timestamped"},
                              "hmac-sha256-hex: over the body; timestamped: t=…,v1=… as Stripe has it.",
                              PLACE(signature_form)));
  all.push_back(duration<entry>("tolerance", 1s, 1h, "How far a delivery's timestamp may be from now.",
                                PLACE(tolerance)));
  all.push_back(text<entry>("delivery_id", "/pointer | header:NAME | body",
                            "Where its id is; empty: webhook-id, X-GitHub-Delivery, else the body's hash.",
                            PLACE(delivery_id), check_printable));
  add_windows(all, "per_minute", "per_hour", "per_day");
  return all;
}

}  // namespace

void add_gorush(std::vector<key<settings>>& all) {
  std::vector<key<settings>> made;
  made.push_back(text<settings>("gorush.tenant", "[A-Za-z0-9_-]{0,64}",
                                "Whose jobs callers without credential hand in; empty: there are none.",
                                PLACE(gorush.tenant), check_name_or_empty));
  made.push_back(list<settings>("gorush.allow_from", "addresses or CIDR",
                                "Who needs no credential for POST /api/push; empty: nobody.",
                                PLACE(gorush.allow_from), network_problem));
  made.push_back(text<settings>("gorush.app", "[A-Za-z0-9_-]{1,64}", "Which app's credentials send its jobs.",
                                PLACE(gorush.app), check_name));
  made.push_back(words<settings>(
      "gorush.lane", {"high", "normal", "bulk"}, "Lane of its jobs.",
      [](settings& s, const std::string& word) { s.gorush.lane = parse_lane(word).value_or(lane::normal); },
      [](const settings& s) { return std::string(to_string(s.gorush.lane)); }));
  made.push_back(integer<settings>("gorush.max_notifications", 1, 1'000,
                                   "Notifications in one request, which are stored in one step.",
                                   PLACE(gorush.max_notifications)));
  made.push_back(integer<settings>("gorush.per_minute", 0, most_requests,
                                   "Requests without credential in a minute of the clock; 0: no limit.",
                                   PLACE(gorush.windows.minute)));
  made.push_back(integer<settings>("gorush.per_hour", 0, most_requests, "The same in an hour.",
                                   PLACE(gorush.windows.hour)));
  made.push_back(integer<settings>("gorush.per_day", 0, most_requests, "The same in a day (UTC).",
                                   PLACE(gorush.windows.day)));
  for (auto& each : made) all.push_back(live(std::move(each)));
}

const std::vector<key<credential_settings>>& credential_keys() {
  static const auto all = make_credential_keys();
  return all;
}

const std::vector<key<source_settings>>& source_keys() {
  static const auto all = make_source_keys();
  return all;
}

}  // namespace dispatch::config
