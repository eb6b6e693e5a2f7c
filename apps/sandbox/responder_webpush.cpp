// The push service's part of the responder.

#include <boost/json.hpp>

#include "apps/sandbox/push_rules.hpp"
#include "apps/sandbox/responder.hpp"

namespace dispatch::sandbox {
namespace {

// The engine's own mark, of the data the service worker gets.
std::string dispatch_id_of(std::string_view payload) {
  boost::json::error_code error;
  const auto root = boost::json::parse(payload, error);
  if (error || !root.is_object()) return "-";
  const auto* data = root.get_object().if_contains("data");
  const auto* id = data && data->is_object() ? data->get_object().if_contains("dispatch_id") : nullptr;
  return id && id->is_string() ? std::string(id->get_string()) : "-";
}

}  // namespace

void responder::decide_webpush(exchange& with, moment now, std::string_view token) {
  using receipt = push_subscriptions::receipt;
  auto& out = with.ans;
  const auto& asked = with.req;
  with.target = token;
  const auto caller =
      shared_.vapid.check(asked.authorization, std::string("https://").append(asked.authority), now.unix_s());
  push_subscriptions::message message{{}, asked.ttl, asked.urgency, asked.topic};
  const auto peeked = shared_.subscriptions.look_inside(token, asked.body);
  // The ledger wants to know whose it is also when it is refused.
  if (peeked) with.dedupe = dispatch_id_of(*peeked);
  if (take_order(with, now)) return;
  if (asked.method != "POST") return push_error(out, 405, 0, "method_not_allowed");
  if (!caller.problem.empty()) return push_error(out, 401, 109, caller.problem);
  if (const auto refusal = judge_push_request(asked); refusal.status != 0)
    return push_error(out, refusal.status, refusal.number, refusal.reason);
  switch (shared_.subscriptions.look_up(token, caller.key)) {
    case receipt::unknown:
      return push_error(out, 404, 102, "unknown_subscription");
    case receipt::other_key:
      return push_error(out, 401, 109, "VAPID public key mismatch");
    case receipt::taken:
      break;
  }
  if (take_token_fault(with, now, token)) return;
  // A push service could not know; the browser would drop it.
  if (!peeked) return push_error(out, 400, 110, "undecryptable");
  message.payload = *peeked;
  shared_.subscriptions.deliver(token, std::move(message));
  out.status = 201;
  const auto number = shared_.next_message.fetch_add(1, std::memory_order_relaxed);
  out.location = std::string("https://").append(asked.authority).append("/message/") + std::to_string(number);
}

}  // namespace dispatch::sandbox
