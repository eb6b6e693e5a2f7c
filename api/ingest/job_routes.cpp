#include "api/ingest/job_routes.hpp"

#include <algorithm>
#include <utility>

#include "api/ingest/answers.hpp"
#include "api/ingest/media_type.hpp"
#include "api/problem.hpp"

namespace dispatch {
namespace {

bool is_plain_name(std::string_view text, std::string_view more) noexcept {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           more.find(c) != std::string_view::npos;
  });
}

/// "lane=bulk" or nothing; a name that is no parameter is a typo that must not be dropped.
std::optional<lane> lane_of(std::string_view target) {
  const auto query = query_of(target);
  if (query.empty()) return lane::normal;
  constexpr std::string_view name = "lane=";
  return query.starts_with(name) ? parse_job_lane(query.substr(name.size())) : std::nullopt;
}

http_response intake_response(const intake_problem& problem) {
  return pointed_problem(problem.status, problem.pointer, problem.detail);
}

}  // namespace

admission admission_of(const authenticated& caller) {
  admission out;
  out.counter = caller.who->credential;
  out.windows = caller.who->windows;
  if (caller.once) {
    out.replay_key = caller.once->key;
    out.replay_ttl = caller.once->ttl;
  }
  return out;
}

void job_routes::refuse(const exchange_ptr& on, const authenticated& caller, http_response answer) {
  store_.admit(admission_of(caller),
               [on, answer = std::move(answer)](store_result<admit_answer> result) mutable {
                 if (on->pass(result)) on->answer(std::move(answer));
               });
}

bool job_routes::has_type(const exchange_ptr& on, const authenticated& caller, std::string_view type) {
  const auto given = media_type(on->request.header("content-type"));
  const auto encoding = on->request.header("content-encoding");
  if ((given == type || given.empty()) && (encoding.empty() || encoding == "identity")) return true;
  refuse(on, caller, problem_response(415, "the body must be " + std::string(type) + ", not encoded"));
  return false;
}

bool job_routes::has_name(const exchange_ptr& on, const authenticated& caller,
                          std::string_view more_characters) {
  if (is_plain_name(on->name, more_characters)) return true;
  refuse(on, caller, problem_response(404, "there is no such name"));
  return false;
}

void job_routes::submit(const exchange_ptr& on, const authenticated& caller) {
  if (!has_type(on, caller, "application/json")) return;
  const auto to = lane_of(on->request.target);
  if (!to) return refuse(on, caller, problem_response(400, "the query may say lane=high, normal or bulk"));
  submit_document(on, caller, std::move(on->request.body), *to);
}

void job_routes::submit_document(const exchange_ptr& on, const authenticated& caller, std::string document,
                                 lane to) {
  auto read = intake_.read(std::move(document), caller.who->tenant, *on->tenants);
  if (const auto* problem = std::get_if<intake_problem>(&read))
    return refuse(on, caller, intake_response(*problem));
  auto& job = std::get<job_submission>(read);
  job.lane = to;
  job.correlation_id = on->correlation_id;
  if (const auto trace = on->request.header("traceparent"); is_traceparent(trace)) job.traceparent = trace;
  auto id = job.id;
  std::vector<job_submission> alone;
  alone.push_back(std::move(job));
  store_.submit(admission_of(caller), std::move(alone),
                [on, id = std::move(id)](store_result<submit_answer> result) {
                  if (!result) return on->unavailable("the job could not be stored", result.error().detail);
                  if (on->pass(result->admitted))
                    on->answer(submission_response(on->who->tenant, id, *result));
                });
}

void job_routes::append_audience(const exchange_ptr& on, const authenticated& caller) {
  if (!has_name(on, caller, "._-") || !has_type(on, caller, "application/x-ndjson")) return;
  auto read = intake_.read_audience(on->request.body);
  if (const auto* problem = std::get_if<intake_problem>(&read))
    return refuse(on, caller, intake_response(*problem));
  auto& recipients = std::get<std::vector<std::string>>(read);
  store_.admit(admission_of(caller),
               [this, on, recipients = std::move(recipients)](store_result<admit_answer> admitted) mutable {
                 if (!on->pass(admitted)) return;
                 store_.append_audience(
                     on->who->tenant, std::string(on->name), std::move(recipients),
                     [on](store_result<std::uint64_t> length) {
                       if (!length)
                         return on->unavailable("the recipients could not be stored", length.error().detail);
                       on->answer(json_response(202, "{\"name\":\"" + std::string(on->name) +
                                                         "\",\"length\":" + std::to_string(*length) + "}\n"));
                     });
               });
}

void job_routes::answer_status(const exchange_ptr& on) {
  store_.status(on->who->tenant, std::string(on->name), [on](store_result<std::optional<job_status>> found) {
    if (!found) return on->unavailable("the job could not be looked up", found.error().detail);
    if (!*found) return on->answer(problem_response(404, "there is no such job"));
    on->answer(status_response(on->who->tenant, on->name, **found));
  });
}

void job_routes::status(const exchange_ptr& on, const authenticated& caller) {
  if (!has_name(on, caller, "._:-")) return;
  store_.admit(admission_of(caller), [this, on](store_result<admit_answer> admitted) {
    if (on->pass(admitted)) answer_status(on);
  });
}

void job_routes::order(const exchange_ptr& on, const authenticated& caller, job_order what) {
  if (!has_name(on, caller, "._:-")) return;
  store_.admit(admission_of(caller), [this, on, what](store_result<admit_answer> admitted) {
    if (!on->pass(admitted)) return;
    store_.order(what, on->who->tenant, std::string(on->name), [this, on](store_result<job_change> change) {
      if (!change) return on->unavailable("the order could not be given", change.error().detail);
      if (!change->known()) return on->answer(problem_response(404, "there is no such job"));
      if (change->was_final())
        return on->answer(problem_response(409, "the job is over: its state is " + change->before));
      answer_status(on);
    });
  });
}

}  // namespace dispatch
