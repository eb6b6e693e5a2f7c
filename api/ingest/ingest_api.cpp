#include "api/ingest/ingest_api.hpp"

#include <algorithm>
#include <utility>

#include "api/ingest/caller.hpp"
#include "api/ingest/cors.hpp"
#include "api/ingest/openapi.hpp"
#include "api/ingest/router.hpp"
#include "api/problem.hpp"

namespace dispatch {
namespace {

scope needed_for(operation what) noexcept {
  switch (what) {
    case operation::job_status:
      return scope::read;
    case operation::cancel_job:
    case operation::pause_job:
    case operation::resume_job:
      return scope::admin;
    default:
      return scope::send;
  }
}

void change_headers(http_request& request, const header_settings& rules) {
  if (!rules.request_remove.empty()) {
    std::erase_if(request.headers, [&](const auto& each) {
      return std::find(rules.request_remove.begin(), rules.request_remove.end(), each.first) !=
             rules.request_remove.end();
    });
  }
  for (const auto& [name, value] : rules.request_add)
    if (request.header(name).empty()) request.headers.emplace_back(name, value);
}

/// In the shape of the route's other errors.
http_response error_response(const exchange& on, int status, std::string_view detail) {
  return on.route == "/api/push" ? push_error(status, detail) : problem_response(status, detail);
}

}  // namespace

ingest_api::ingest_api(ingest_store& store, ingest_settings settings, tables_ptr tables,
                       ingest_sources sources)
    : settings_(std::move(settings)),
      sources_(std::move(sources)),
      jobs_(store, intake_),
      pushes_(store, intake_, jobs_),
      open_to_all_(settings_.without_credentials),
      tables_(std::move(tables)) {}

void ingest_api::replace(tables_ptr tables) {
  const std::lock_guard lock(mutex_);
  tables_ = std::move(tables);
}

ingest_api::tables_ptr ingest_api::tables() const {
  const std::lock_guard lock(mutex_);
  return tables_;
}

std::shared_ptr<const screening> ingest_api::look_at(const http_request& head) {
  return screen_head(head, tables(), {settings_, tokens_, open_to_all_, draining_},
                     std::chrono::system_clock::now());
}

head_verdict ingest_api::screen(const http_request& head) {
  auto seen = look_at(head);
  head_verdict out;
  out.refused = seen->is_answered;
  out.proven = seen->who != nullptr;
  // Who is known by address alone shares by it, too.
  if (out.proven && seen->who->credential.find(':') != std::string::npos) out.owner = seen->who->credential;
  if (seen->from && !settings_.trusted_proxies.empty()) out.client = seen->from->to_string();
  out.known = std::move(seen);
  return out;
}

bool ingest_api::is_proxy(const std::string& address) const {
  return is_trusted_proxy(address, settings_.trusted_proxies);
}

void ingest_api::identify(exchange& on) {
  const auto given = on.request.header("x-correlation-id");
  on.correlation_id = is_correlation_id(given) ? std::string(given) : ids_.next();
  const auto match = find_route(on.request.method, on.request.target);
  on.route = match.pattern;
  on.name = match.name;
}

http_response ingest_api::refusal(int status, std::string_view detail, const http_request& so_far) {
  http_response made;
  http_request head{so_far.method, so_far.target, so_far.headers, {}, so_far.remote_address};
  if (const auto from = caller_address(head, settings_.trusted_proxies))
    head.remote_address = from->to_string();
  exchange on(
      std::move(head), [&made](http_response answer) { made = std::move(answer); }, settings_,
      sources_.answered);
  change_headers(on.request, settings_.headers);
  identify(on);
  if (status == 503)
    on.unavailable(detail);
  else
    on.answer(problem_response(status, detail));
  return made;
}

void ingest_api::handle(http_request&& request, http_reply reply) {
  const auto before = std::static_pointer_cast<const screening>(std::exchange(request.known, nullptr));
  const auto seen = before ? before : look_at(request);
  const auto on =
      std::make_shared<exchange>(std::move(request), std::move(reply), settings_, sources_.answered);
  if (seen->from && !settings_.trusted_proxies.empty()) on->request.remote_address = seen->from->to_string();
  change_headers(on->request, settings_.headers);
  identify(*on);
  if (!seen->may_call) return on->answer(problem_response(403, "this address may not call"));
  if (auto answer = preflight(on->request, settings_.cors)) return on->answer(std::move(*answer));
  const auto match = find_route(on->request.method, on->request.target);
  if (match.found) return dispatch_to(on, *match.found, *seen);
  if (match.allow.empty()) return on->answer(problem_response(404, "there is no such path"));
  auto answer = problem_response(405, "the path is there, the method is not");
  answer.headers.emplace_back("Allow", match.allow);
  on->answer(std::move(answer));
}

void ingest_api::dispatch_to(const exchange_ptr& on, const route& to, const screening& seen) {
  switch (to.what) {
    case operation::health:
      return on->answer(readiness_response({true, {}}, "ok"));
    case operation::readiness:
      return on->answer(readiness_response(sources_.ready(), "ready"));
    case operation::openapi:
      return on->answer(
          {200, "application/json", {{"Cache-Control", "max-age=300"}}, std::string(openapi_document)});
    default:
      break;
  }
  if (draining_) return on->unavailable("draining");
  guarded(on, to.what, seen);
}

void ingest_api::guarded(const exchange_ptr& on, operation what, const screening& seen) {
  const auto& now = seen.tables;
  on->tenants = {now, &now->tenants};
  if (what == operation::webhook) return webhook(on, *now, *seen.from);
  const auto result =
      seen.caller
          ? *seen.caller
          : authenticator(now->credentials, &tokens_).check(on->request, std::chrono::system_clock::now());
  if (const auto* problem = std::get_if<auth_problem>(&result)) return refuse(*on, *problem, *seen.from);
  const auto& caller = std::get<authenticated>(result);
  on->who = caller.who;
  if (const auto problem = lacks(*caller.who, needed_for(what)))
    return jobs_.refuse(on, caller, error_response(*on, problem->status, problem->detail));
  run(on, what, caller, *now);
}

void ingest_api::webhook(const exchange_ptr& on, const ingest_tables& now, const ip_address& from) {
  const auto found = now.sources.find(on->name);
  if (found == now.sources.end()) return on->answer(problem_response(404, "there is no such source"));
  const auto& source = found->second;
  on->who = source.who();
  auto delivery = source.convert(on->request, std::chrono::system_clock::now());
  if (const auto* problem = std::get_if<webhook_problem>(&delivery); problem && problem->status == 401)
    return refuse(*on, {401, problem->detail, "Bearer"}, from);
  pushes_.webhook(on, source, std::move(delivery));
}

void ingest_api::refuse(exchange& on, const auth_problem& problem, const ip_address& from) {
  auto answer = error_response(on, problem.status, problem.detail);
  if (problem.status == 401) {
    // Only what was wrong is slowed down: a good credential from behind the same address is served.
    const auto now = std::chrono::steady_clock::now();
    if (const auto wait = guesses_.wait_of(from, now); wait.count() > 0) {
      answer = problem_response(429, "too many wrong credentials from this address");
      answer.headers.emplace_back("Retry-After", std::to_string(wait.count() / 1'000 + 1));
      return on.answer(std::move(answer));
    }
    guesses_.failed(from, now);
  }
  if (!problem.challenge.empty()) answer.headers.emplace_back("WWW-Authenticate", problem.challenge);
  on.answer(std::move(answer));
}

void ingest_api::run(const exchange_ptr& on, operation what, const authenticated& caller,
                     const ingest_tables& now) {
  switch (what) {
    case operation::submit_job:
      return jobs_.submit(on, caller);
    case operation::append_audience:
      return jobs_.append_audience(on, caller);
    case operation::job_status:
      return jobs_.status(on, caller);
    case operation::cancel_job:
      return jobs_.order(on, caller, job_order::cancel);
    case operation::pause_job:
      return jobs_.order(on, caller, job_order::pause);
    case operation::resume_job:
      return jobs_.order(on, caller, job_order::resume);
    case operation::push:
      return pushes_.push(on, caller, now.gorush);
    default:
      return on->answer(problem_response(404, "there is no such path"));
  }
}

}  // namespace dispatch
