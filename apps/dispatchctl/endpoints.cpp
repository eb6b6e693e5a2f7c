#include "apps/dispatchctl/endpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "apps/dispatchctl/terminal.hpp"
#include "apps/standard_streams.hpp"
#include "core/policy/rfc3339.hpp"
#include "storage/operator/operator_actions.hpp"
#include "transport/url.hpp"

namespace dispatch::ctl {
namespace {

namespace json = boost::json;

struct endpoint {
  std::string id;
  std::string scope, url, tenant, reason;
  std::int64_t at_ms = 0;
};

std::string text_in(const json::object& from, std::string_view name) {
  const auto* member = from.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
}

/// The engine's own JSON; anything else has still an id, and can be enabled.
endpoint read_entry(const std::string& id, const std::string& text) {
  endpoint out;
  out.id = id;
  json::error_code error;
  const auto parsed = json::parse(text, error);
  const auto* entry = error ? nullptr : parsed.if_object();
  if (entry == nullptr) return out;
  out.scope = text_in(*entry, "scope");
  out.url = text_in(*entry, "url");
  out.tenant = text_in(*entry, "tenant");
  out.reason = text_in(*entry, "reason");
  if (const auto* at = entry->if_contains("at"); at != nullptr && at->is_int64()) out.at_ms = at->get_int64();
  return out;
}

std::vector<endpoint> disabled_endpoints(session& redis) {
  std::vector<endpoint> out;
  const auto flat = redis.ask({"HGETALL", redis.key("endpoints")});
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2)
    out.push_back(read_entry(flat.at(i).text, flat.at(i + 1).text));
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at_ms > b.at_ms; });
  return out;
}

std::string shown(const std::string& url, bool whole) {
  if (whole) return url;
  const auto parsed = parse_web_url(url);
  return parsed ? parsed->origin() : std::string("-");
}

}  // namespace

int run_endpoint_list(session& redis, const endpoint_list_options& options) {
  json::array out;
  table rows{{"id", options.urls ? "url" : "origin", "tenant", "scope", "reason", "since"}};
  for (const auto& each : disabled_endpoints(redis)) {
    const auto url = shown(each.url, options.urls);
    out.push_back(json::object{{"id", each.id},
                               {options.urls ? "url" : "origin", url},
                               {"tenant", each.tenant},
                               {"scope", each.scope},
                               {"reason", each.reason},
                               {"at", each.at_ms}});
    rows.add({each.id, url, each.tenant, each.scope, each.reason,
              format_rfc3339(std::chrono::milliseconds{each.at_ms})});
  }
  if (options.json) {
    print_json(json::serialize(out));
  } else if (rows.empty()) {
    print_text("no endpoint is disabled\n");
  } else {
    print_painted(rows.text(terminal::of(stdout)));
  }
  return 0;
}

int run_endpoint_enable(session& redis, const endpoint_enable_options& options) {
  if (options.all == !options.ids.empty())
    throw usage_error("either ids, as endpoint ls shows them, or --all");
  auto ids = options.ids;
  if (options.all)
    for (auto& each : disabled_endpoints(redis)) ids.push_back(std::move(each.id));
  operator_actions actions{redis.client(), redis.name_space()};
  std::uint64_t enabled = 0;
  try {
    enabled = actions.enable_endpoints(ids);
  } catch (const std::invalid_argument& wrong) {
    throw usage_error(wrong.what());
  } catch (const operator_error& refused) {
    throw command_failed(std::string("Redis refused: ") + refused.what());
  }
  if (options.json) {
    print_json(json::serialize(json::object{{"endpoints", ids.size()}, {"enabled", enabled}}));
  } else {
    print_text(fmt::format("{} of {} endpoints were disabled, and are not any more\n", enabled, ids.size()));
  }
  return 0;
}

}  // namespace dispatch::ctl
