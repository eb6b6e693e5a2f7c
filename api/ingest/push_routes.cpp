#include "api/ingest/push_routes.hpp"

#include <algorithm>
#include <utility>

#include "api/auth/signed_delivery.hpp"
#include "api/ingest/answers.hpp"
#include "api/problem.hpp"
#include "core/digest.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_key_bytes = 128;

/// What the client calls this push, to repeat it until it has an answer; empty: nothing. With or without the
/// quotes of draft-ietf-httpapi-idempotency-key-header. nullopt: that is no key.
std::optional<std::string> idempotency_key(const http_request& request) {
  constexpr std::string_view header = "idempotency-key";
  auto text = request.header(header);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  const bool given = std::any_of(request.headers.begin(), request.headers.end(),
                                 [&](const auto& each) { return each.first == header; });
  const bool good = at_most_once(request, header) && text.empty() != given && text.size() <= max_key_bytes;
  return good ? std::optional(std::string(text)) : std::nullopt;
}

/// A key may hold what an id cannot.
std::string push_job_id(std::string_view key, std::size_t number) {
  return "push:" + to_hex(sha256(key)) + ':' + std::to_string(number);
}

http_response push_answer(std::size_t counts, submit_verdict verdict) {
  if (verdict == submit_verdict::conflict)
    return push_error(422, "another push was accepted under this Idempotency-Key");
  auto answer = push_reply(counts);
  if (verdict == submit_verdict::repeat) answer.headers.emplace_back(replayed_header, "true");
  return answer;
}

}  // namespace

void push_routes::webhook(const exchange_ptr& on, const webhook_source& source, webhook_conversion delivery) {
  const authenticated caller{source.who(), std::nullopt};
  if (auto* job = std::get_if<webhook_job>(&delivery))
    return jobs_.submit_document(on, caller, std::move(job->document), source.lane());
  if (const auto* problem = std::get_if<webhook_problem>(&delivery))
    return jobs_.refuse(on, caller, pointed_problem(problem->status, problem->pointer, problem->detail));
  jobs_.refuse(on, caller, json_response(202, "{\"filtered\":true}\n"));
}

void push_routes::push(const exchange_ptr& on, const authenticated& caller, const gorush_door& door) {
  const auto key = idempotency_key(on->request);
  if (!key)
    return jobs_.refuse(on, caller, push_error(400, "Idempotency-Key must be one of 1 to 128 characters"));
  auto converted = convert_push(on->request.body, door.options_for(caller.who->tenant));
  if (const auto* refusal = std::get_if<push_refusal>(&converted))
    return jobs_.refuse(on, caller, push_error(refusal->status, refusal->message));
  auto& pushed = std::get<push_jobs>(converted);
  std::vector<job_submission> jobs;
  for (auto& document : pushed.documents) {
    auto id = key->empty() ? std::string() : push_job_id(*key, jobs.size());
    auto read = intake_.read(std::move(document), caller.who->tenant, *on->tenants, std::move(id));
    if (const auto* problem = std::get_if<intake_problem>(&read))
      return jobs_.refuse(
          on, caller,
          push_error(problem->status == 403 ? 403 : 400, problem->pointer + " " + problem->detail));
    auto& job = jobs.emplace_back(std::move(std::get<job_submission>(read)));
    job.lane = door.lane();
    job.correlation_id = on->correlation_id;
  }
  store_.submit(admission_of(caller), std::move(jobs),
                [on, counts = pushed.counts](store_result<submit_answer> result) {
                  if (!result)
                    return on->unavailable("the notifications could not be stored", result.error().detail);
                  if (on->pass(result->admitted)) on->answer(push_answer(counts, result->verdict));
                });
}

}  // namespace dispatch
