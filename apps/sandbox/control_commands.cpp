#include "apps/sandbox/control_commands.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <optional>

#include "apps/sandbox/fault_order_json.hpp"

namespace dispatch::sandbox {
namespace {

namespace json = boost::json;

constexpr std::uint32_t most_streams = 100'000;
constexpr std::int64_t most_subscriptions = 10'000;
constexpr std::size_t most_prefix_bytes = 64;
constexpr std::string_view subscriptions_prefix = "/subscriptions/";

control_reply good(const json::object& body = {}) {
  return {200, json::serialize(body)};
}

control_reply bad(int status, std::string_view why) {
  return {status, json::serialize(json::object{{"error", why}})};
}

std::optional<std::int64_t> number_in(const json::object& body, std::string_view name, std::int64_t low,
                                      std::int64_t high) {
  const auto* value = body.if_contains(name);
  if (value == nullptr) return std::nullopt;
  json::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  if (error || number < low || number > high) return std::nullopt;
  return number;
}

/// `otherwise` when absent; nullopt when it is no text.
std::optional<std::string> text_in(const json::object& body, std::string_view name,
                                   std::string_view otherwise) {
  const auto* value = body.if_contains(name);
  if (value == nullptr) return std::string(otherwise);
  return value->is_string() ? std::optional<std::string>(value->get_string()) : std::nullopt;
}

bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

}  // namespace

control_reply control_commands::handle(std::string_view method, std::string_view target,
                                       std::string_view body) {
  const auto path = target.substr(0, target.find('?'));
  const auto query = path.size() == target.size() ? std::string_view{} : target.substr(path.size() + 1);
  if (method == "GET" && path == "/stats") return stats();
  if (method == "GET" && path == "/faults") return faults();
  if (method == "GET" && path.starts_with(subscriptions_prefix)) {
    const auto seen = shared_.subscriptions.seen(path.substr(subscriptions_prefix.size()));
    return seen ? good(*seen) : bad(404, "no such subscription");
  }
  if (method == "DELETE" && path == "/faults") {
    std::optional<provider> who;
    if (query.starts_with("provider=")) {
      const auto name = query.substr(9);
      who = provider_named(name);
      if (!who && name != "all") return bad(400, "unknown provider");
    }
    shared_.orders.heal(who);
    return good();
  }
  if (method != "POST") return bad(404, "no such command");
  if (body.empty()) return post(path, {});
  json::error_code error;
  const auto parsed = json::parse(body, error);
  if (error || !parsed.is_object()) return bad(400, "the body must be a JSON object");
  return post(path, parsed.get_object());
}

control_reply control_commands::post(std::string_view path, const json::object& body) {
  if (path == "/faults") return add_fault(body);
  if (path == "/subscriptions") return add_subscriptions(body);
  if (path == "/goaway") return go_away(body);
  if (path == "/drop") {
    workers_.drop();
    return good();
  }
  if (path == "/ledger/flush") {
    workers_.flush_ledger();
    return good();
  }
  if (path == "/tokens/revoke") {
    shared_.access_tokens.revoke_all();
    return good();
  }
  if (path == "/accept") {
    const auto* enabled = body.if_contains("enabled");
    if (enabled == nullptr || !enabled->is_bool()) return bad(400, "enabled must be true or false");
    return workers_.accept(enabled->get_bool()) ? good() : bad(409, "the port is taken");
  }
  if (path == "/settings") {
    const auto streams = number_in(body, "max_concurrent_streams", 0, most_streams);
    if (!streams) return bad(400, "max_concurrent_streams must be 0..100000");
    workers_.limit_streams(static_cast<std::uint32_t>(*streams));
    return good();
  }
  if (path == "/smtp") return set_mail(body);
  if (path == "/delay") {
    const auto ms = number_in(body, "ms", 0, 3'600'000);
    if (!ms) return bad(400, "ms must be 0..3600000");
    shared_.delay_ms = *ms;
    return good();
  }
  if (path == "/token_length") {
    const auto n = number_in(body, "n", 16, 4096);
    if (!n) return bad(400, "n must be 16..4096");
    shared_.access_tokens.set_length(static_cast<std::size_t>(*n));
    return good();
  }
  if (path == "/token_lifetime") {
    const auto seconds = number_in(body, "seconds", 0, 86'400);
    if (!seconds) return bad(400, "seconds must be 0..86400");
    shared_.access_tokens.set_lifetime(*seconds);
    return good();
  }
  return bad(404, "no such command");
}

control_reply control_commands::add_fault(const json::object& body) {
  auto parsed = parse_fault_order(body, std::chrono::steady_clock::now());
  if (!parsed.problem.empty()) return bad(400, parsed.problem);
  if (!shared_.orders.add(std::move(parsed.order))) return bad(409, "too many faults, DELETE /faults first");
  return good();
}

control_reply control_commands::set_mail(const json::object& body) {
  for (const auto& [name, value] : body) {
    if (name == "starttls" && value.is_bool()) {
      mail_.set_starttls(value.get_bool());
    } else if (name == "password" && value.is_string()) {
      mail_.set_password(std::string(value.get_string()));
    } else {
      return bad(400, "starttls must be true or false, password a string");
    }
  }
  return good();
}

control_reply control_commands::add_subscriptions(const json::object& body) {
  const auto count = body.contains("count") ? number_in(body, "count", 1, most_subscriptions) : 1;
  const auto prefix = text_in(body, "prefix", "");
  const auto origin = text_in(body, "origin", shared_.url);
  const auto server_key = text_in(body, "application_server_key", "");
  if (!count) return bad(400, "count must be 1..10000");
  if (!prefix || prefix->size() > most_prefix_bytes ||
      !std::all_of(prefix->begin(), prefix->end(), is_token_character))
    return bad(400, "prefix must match [0-9A-Za-z_-]{0,64}");
  if (!origin || !origin->starts_with("https://")) return bad(400, "origin must begin with https://");
  if (!server_key) return bad(400, "application_server_key must be text");
  json::array made;
  while (made.size() < static_cast<std::size_t>(*count)) {
    auto one = shared_.subscriptions.add(*origin, fmt::format("{}s{}", *prefix, ++subscription_number_),
                                         *server_key);
    if (!one) return bad(409, "too many subscriptions");
    made.push_back(*std::move(one));
  }
  return good({{"subscriptions", std::move(made)}});
}

control_reply control_commands::go_away(const json::object& body) {
  const auto* last = body.if_contains("last");
  const std::string_view name = last == nullptr     ? std::string_view("all")
                                : last->is_string() ? std::string_view(last->get_string())
                                                    : std::string_view{};
  if (name != "all" && name != "half" && name != "none") return bad(400, "last must be all, half or none");
  workers_.go_away(name == "all" ? goaway_mode::all : name == "half" ? goaway_mode::half : goaway_mode::none);
  return good();
}

control_reply control_commands::faults() const {
  json::array all;
  for (const auto& order : shared_.orders.in_force(std::chrono::steady_clock::now()))
    all.push_back(to_json(order));
  return good({{"faults", std::move(all)}});
}

control_reply control_commands::stats() const {
  const auto& count = shared_.count;
  json::object by_status, by_provider;
  for (std::size_t status = 0; status < counters::max_status; ++status) {
    if (const auto n = count.by_status[status].load()) by_status[std::to_string(status)] = n;
  }
  for (auto who : {provider::fcm, provider::apns, provider::token, provider::webpush, provider::webhook,
                   provider::smtp, provider::other}) {
    by_provider[name_of(who)] = count.by_provider[static_cast<std::size_t>(who)].load();
  }
  return good({{"requests", count.requests.load()},
               {"by_status", std::move(by_status)},
               {"by_provider", std::move(by_provider)},
               {"connections_open", count.connections_open.load()},
               {"connections_total", count.connections_total.load()},
               {"tokens_issued", count.tokens_issued.load()},
               {"streams_open", count.streams_open.load()}});
}

}  // namespace dispatch::sandbox
