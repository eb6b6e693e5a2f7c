#include "api/gorush/push.hpp"

#include "api/gorush/notification.hpp"
#include "api/json/strict_json.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_push_bytes = 4u << 20;

}  // namespace

std::variant<push_jobs, push_refusal> convert_push(std::string_view body, const push_options& options) {
  const auto parsed = strict_json::parse(body);
  if (const auto* wrong = std::get_if<std::string>(&parsed))
    return push_refusal{400, "The body " + *wrong + "."};
  simdjson::dom::object request;
  simdjson::dom::array notifications;
  if (std::get<strict_json>(parsed).root().get(request) != simdjson::SUCCESS ||
      request["notifications"].get(notifications) != simdjson::SUCCESS)
    return push_refusal{400, "Missing notifications field."};
  if (notifications.size() == 0) return push_refusal{400, "Notifications field is empty."};
  if (notifications.size() > options.max_notifications)
    return push_refusal{400, "Number of notifications(" + std::to_string(notifications.size()) +
                                 ") over limit(" + std::to_string(options.max_notifications) + ")"};
  push_jobs made;
  std::size_t bytes = 0;
  for (const auto each : notifications) {
    const auto place = "notifications[" + std::to_string(made.documents.size()) + "]: ";
    simdjson::dom::object notification;
    if (each.get(notification) != simdjson::SUCCESS) return push_refusal{400, place + "must be an object"};
    auto converted = convert_notification(notification, options);
    if (const auto* wrong = std::get_if<push_refusal>(&converted))
      return push_refusal{wrong->status, place + wrong->message};
    auto& one = std::get<pushed_notification>(converted);
    // A text is repeated for every token: a small request can grow into very large documents.
    bytes += one.document.size();
    if (bytes > max_push_bytes) return push_refusal{413, "The notifications are too large."};
    made.documents.push_back(std::move(one.document));
    made.counts += one.counts;
  }
  return made;
}

http_response push_reply(std::size_t counts) {
  http_response answer{200, "application/json; charset=utf-8", {}, {}};
  answer.body = "{\"success\":\"ok\",\"counts\":" + std::to_string(counts) + ",\"logs\":[]}\n";
  return answer;
}

http_response push_error(int status, std::string_view message) {
  http_response answer{status, "application/json; charset=utf-8", {{"Cache-Control", "no-store"}}, {}};
  answer.body = "{\"code\":" + std::to_string(status) + ",\"message\":";
  append_json_string(answer.body, message);
  answer.body += "}\n";
  return answer;
}

gorush_door::gorush_door(const gorush_settings& settings)
    : settings_(settings), allowed_(settings.allow_from, {}) {
  // An empty allow list of address_rules means everyone; here it must mean nobody.
  if (settings.tenant.empty() || settings.allow_from.empty()) return;
  principal who{"gorush", settings.tenant, {}, settings.windows};
  who.scopes.add(scope::send);
  who_ = std::make_shared<const principal>(std::move(who));
}

std::shared_ptr<const principal> gorush_door::open_to(const ip_address& from) const {
  return who_ && allowed_.permits(from) ? who_ : nullptr;
}

}  // namespace dispatch
