#include "apps/sandbox/responder.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>

#include "apps/sandbox/apns_rules.hpp"
#include "apps/sandbox/fcm_errors.hpp"
#include "apps/sandbox/html_page.hpp"
#include "apps/sandbox/oauth.hpp"
#include "apps/sandbox/push_rules.hpp"
#include "apps/sandbox/webhook_rules.hpp"

namespace dispatch::sandbox {
namespace {

constexpr std::string_view fcm_prefix = "/v1/projects/";
constexpr std::string_view fcm_suffix = "/messages:send";
constexpr std::string_view apns_prefix = "/3/device/";
constexpr std::string_view broadcast_prefix = "/4/broadcasts/apps/";
constexpr std::string_view webpush_prefix = "/webpush/";
constexpr std::string_view webhook_prefix = "/webhook/";

std::string random_uuid(std::uint64_t number, std::int64_t unix_us) {
  const auto time = static_cast<std::uint64_t>(unix_us);
  return fmt::format(FMT_COMPILE("{:08X}-{:04X}-4{:03X}-8{:03X}-{:012X}"), time >> 20 & 0xffffffffU,
                     time >> 4 & 0xffffU, time & 0xfffU, number >> 48 & 0xfffU, number & 0xffffffffffffU);
}

void webhook_error(answer& out, int status, std::string_view reason) {
  out.status = status;
  const auto usual = status == 404   ? "no_webhook"
                     : status == 410 ? "gone"
                     : status == 429 ? "slow_down"
                                     : "error";
  out.reason = reason.empty() ? usual : reason;
  out.content_type = "application/json";
  out.body = fmt::format(R"({{"error":"{}"}})", out.reason);
}

}  // namespace

void responder::decide(exchange& with, moment now) {
  std::string_view path = with.req.path;
  path = path.substr(0, path.find('?'));
  if (path.starts_with(fcm_prefix) && path.ends_with(fcm_suffix) &&
      path.size() > fcm_prefix.size() + fcm_suffix.size() && with.req.method == "POST") {
    path.remove_prefix(fcm_prefix.size());
    path.remove_suffix(fcm_suffix.size());
    with.who = provider::fcm;
    decide_fcm(with, now, path);
  } else if (path.starts_with(apns_prefix)) {
    with.who = provider::apns;
    decide_apns(with, now, path.substr(apns_prefix.size()));
  } else if (path.starts_with(broadcast_prefix) && path.size() > broadcast_prefix.size()) {
    with.who = provider::apns;
    decide_broadcast(with, now, path.substr(broadcast_prefix.size()));
  } else if (path.starts_with(webpush_prefix)) {
    with.who = provider::webpush;
    decide_webpush(with, now, path.substr(webpush_prefix.size()));
  } else if (path.starts_with(webhook_prefix)) {
    with.who = provider::webhook;
    decide_webhook(with, now, path.substr(webhook_prefix.size()));
  } else if (path == "/token" && with.req.method == "POST") {
    with.who = provider::token;
    decide_token(with, now);
  } else {
    html_error(with.ans, 404, with.req.path);
  }
}

bool responder::take_order(exchange& with, moment now) {
  const auto drawn = shared_.orders.draw(with.who, now.steady);
  with.ans.delay += drawn.delay;
  if (!drawn.order) return false;
  const auto& order = *drawn.order;
  with.ans.how = order.how;
  if (order.how != fate::reply) return true;
  if (order.html) {
    html_error(with.ans, order.status, "html");
  } else if (order.who || with.who == provider::fcm) {
    error_as_provider(with, order.status, order.reason, now);
  } else {
    const auto reason =
        with.who == provider::apns ? apns_name_of_fcm_reason(order.reason) : std::string_view{};
    error_as_provider(with, order.status, reason, now);
  }
  with.ans.retry_after_s = order.retry_after_s;
  return true;
}

void responder::error_as_provider(exchange& with, int status, std::string_view reason, moment now) {
  if (with.who == provider::fcm) {
    fcm_error(with.ans, status, reason);
  } else if (with.who == provider::apns) {
    apns_error(with.ans, status, reason, now.unix_ms());
  } else if (with.who == provider::webpush) {
    push_error(with.ans, status, 0, reason);
  } else if (with.who == provider::webhook) {
    webhook_error(with.ans, status, reason);
  } else {
    const auto usual = status == 401 ? "invalid_client" : status < 500 ? "invalid_grant" : "internal_failure";
    oauth_error(with.ans, status, reason.empty() ? usual : reason, "Ordered fault");
  }
}

void responder::decide_fcm(exchange& with, moment now, std::string_view project) {
  // Read first: the ledger wants target and dispatch_id of refused requests too.
  reader_.read(with.req.body, message_);
  with.target = message_.target;
  if (!message_.dispatch_id.empty()) with.dedupe = message_.dispatch_id;
  if (take_order(with, now)) return;
  if (project != credentials::project_id) return html_error(with.ans, 404, "unknown_project");
  const auto token = bearer_token(with.req.authorization);
  if (token.empty() || !shared_.access_tokens.valid(token, now.unix_s()))
    return fcm_unauthenticated(with.ans);
  if (with.req.body_bytes > with.req.body.size()) {
    return fcm_invalid_argument(with.ans, "Request payload size exceeds the limit.", {});
  }
  if (!message_.problem.empty()) return fcm_invalid_argument(with.ans, message_.problem, message_.field);
  if (message_.names_device && take_token_fault(with, now, message_.target)) return;
  fcm_accepted(with.ans, now);
}

void responder::fcm_accepted(answer& out, moment now) {
  const auto number = shared_.next_message.fetch_add(1, std::memory_order_relaxed);
  out.content_type = "application/json; charset=UTF-8";
  if (message_.validate_only) {
    out.body = fmt::format(R"({{"name":"projects/{}/messages/fake_message_id"}})", credentials::project_id);
    return;
  }
  fmt::format_to(std::back_inserter(out.body),
                 FMT_COMPILE(R"({{"name":"projects/{}/messages/0:{}%{:016x}"}})"), credentials::project_id,
                 now.unix_us, number);
}

void responder::decide_apns(exchange& with, moment now, std::string_view token) {
  with.target = token;
  echo_apns_id(with, now, with.req.apns_id);
  if (take_order(with, now)) return;
  const auto refuse = [&](int status, std::string_view reason) {
    apns_error(with.ans, status, reason, now.unix_ms());
  };
  if (with.req.method != "POST") return refuse(405, "MethodNotAllowed");
  if (refuse_apns_caller(with, now, with.req.apns_topic)) return;
  if (token.empty()) return refuse(400, "MissingDeviceToken");
  if (const auto refusal = judge_apns_request(with.req); refusal.status != 0) {
    return refuse(refusal.status, refusal.reason);
  }
  if (!is_apns_token(token)) return refuse(400, "BadDeviceToken");
  take_token_fault(with, now, token);
}

void responder::decide_broadcast(exchange& with, moment now, std::string_view bundle) {
  with.target.assign("channel:").append(with.req.apns_channel_id);
  with.ans.broadcast = true;
  echo_apns_id(with, now, with.req.apns_request_id);
  if (take_order(with, now)) return;
  if (with.req.method != "POST") return apns_error(with.ans, 405, "MethodNotAllowed", now.unix_ms());
  if (refuse_apns_caller(with, now, bundle)) return;
  if (const auto refusal = judge_apns_broadcast(with.req); refusal.status != 0) {
    return apns_error(with.ans, refusal.status, refusal.reason, now.unix_ms());
  }
  take_token_fault(with, now, with.req.apns_channel_id);
}

void responder::echo_apns_id(exchange& with, moment now, std::string_view asked) {
  if (!asked.empty()) {
    with.dedupe = asked;
    with.ans.apns_id = asked;
  } else {
    with.ans.apns_id = random_uuid(shared_.next_message.fetch_add(1, std::memory_order_relaxed), now.unix_us);
  }
}

bool responder::refuse_apns_caller(exchange& with, moment now, std::string_view topic) {
  const auto refuse = [&](int status, std::string_view reason) {
    apns_error(with.ans, status, reason, now.unix_ms());
    return true;
  };
  if (with.req.authorization.empty() && !with.client_bundle.empty()) {
    return !certificate_covers(with.client_bundle, topic) && refuse(400, "TopicDisallowed");
  }
  switch (shared_.apns_tokens.check(with.req.authorization, now.unix_s())) {
    case provider_tokens::verdict::missing:
      return refuse(403, "MissingProviderToken");
    case provider_tokens::verdict::invalid:
      return refuse(403, "InvalidProviderToken");
    case provider_tokens::verdict::expired:
      return refuse(403, "ExpiredProviderToken");
    case provider_tokens::verdict::good:
      break;
  }
  return false;
}

void responder::decide_token(exchange& with, moment now) {
  if (take_order(with, now)) return;
  std::string_view detail;
  const oauth_rules rules{shared_.credential.service_account_key.get(), credentials::client_email,
                          shared_.token_uri};
  switch (judge_grant(with.req.body, rules, now.unix_s(), detail)) {
    case grant_problem::unsupported_grant_type:
      return oauth_error(with.ans, 400, "unsupported_grant_type", detail);
    case grant_problem::invalid_grant:
      return oauth_error(with.ans, 400, "invalid_grant", detail);
    case grant_problem::invalid_scope:
      return oauth_error(with.ans, 400, "invalid_scope", detail);
    case grant_problem::none:
      break;
  }
  const auto grant = shared_.access_tokens.issue(now.unix_s());
  shared_.count.tokens_issued.fetch_add(1, std::memory_order_relaxed);
  with.ans.content_type = "application/json; charset=UTF-8";
  with.ans.body = fmt::format(R"({{"access_token":"{}","expires_in":{},"token_type":"Bearer"}})", grant.token,
                              grant.expires_in_s);
}

void responder::decide_webhook(exchange& with, moment now, std::string_view name) {
  with.target = name;
  if (!with.req.webhook_id.empty()) with.dedupe = with.req.webhook_id;
  if (take_order(with, now)) return;
  const auto refusal = judge_webhook(with.req, shared_.credential.webhook_secret, now.unix_s());
  if (refusal.status != 0) return webhook_error(with.ans, refusal.status, refusal.reason);
  if (!take_token_fault(with, now, name)) shared_.webhooks.write(with.req, name, now.unix_ms());
}

bool responder::take_token_fault(exchange& with, moment now, std::string_view token) {
  const auto fault = parse_token_fault(token);
  const bool is_fcm = with.who == provider::fcm;
  auto& out = with.ans;
  switch (fault.kind) {
    case token_fault_kind::none:
      return false;
    case token_fault_kind::dead:
      if (is_fcm) {
        fcm_unregistered(out);
      } else if (out.broadcast) {
        apns_error(out, 400, "ChannelNotRegistered", now.unix_ms());
      } else {
        error_as_provider(with, 410, {}, now);
      }
      return true;
    case token_fault_kind::redirect:
      error_as_provider(with, 307, "redirect", now);
      // Somewhere that would take it: who follows is in the ledger.
      out.location = std::string(webhook_prefix) + "followed";
      return true;
    case token_fault_kind::flaky_503:
      if (shared_.attempts.next(with.who, token) > fault.number) return false;
      error_as_provider(with, 503, {}, now);
      return true;
    case token_fault_kind::flaky_429:
      if (shared_.attempts.next(with.who, token) > fault.number) return false;
      if (is_fcm) {
        fcm_quota_exceeded(out, std::string("device:").append(token));
      } else {
        error_as_provider(with, 429, {}, now);
      }
      out.retry_after_s = 1;
      return true;
    case token_fault_kind::slow:
      out.delay += std::chrono::milliseconds(fault.number);
      return false;
    case token_fault_kind::hang:
      out.how = fate::hang;
      return true;
    case token_fault_kind::reset_first:
      if (shared_.attempts.next(with.who, token) > fault.number) return false;
      [[fallthrough]];
    case token_fault_kind::reset:
      out.how = fate::reset;
      return true;
    case token_fault_kind::html_500:
      html_error(out, 500, "html");
      return true;
    case token_fault_kind::fail:
      error_as_provider(with, fault.status, fault.reason, now);
      return true;
    case token_fault_kind::not_a_token:
      if (is_fcm) {
        fcm_invalid_argument(out, "The registration token is not a valid FCM registration token",
                             message_.device_field);
      } else {
        error_as_provider(with, with.who == provider::apns ? 400 : 404, out.broadcast ? "BadChannelId" : "",
                          now);
      }
      return true;
  }
  return false;
}

}  // namespace dispatch::sandbox
