#include "api/ingest/push_routes.hpp"

#include <atomic>
#include <utility>

#include "api/ingest/answers.hpp"
#include "api/problem.hpp"

namespace dispatch {

void push_routes::webhook(const exchange_ptr& on, const webhook_source& source, webhook_conversion delivery) {
  const authenticated caller{source.who(), std::nullopt};
  if (auto* job = std::get_if<webhook_job>(&delivery))
    return jobs_.submit_document(on, caller, std::move(job->document), source.lane());
  if (const auto* problem = std::get_if<webhook_problem>(&delivery))
    return jobs_.refuse(on, caller, pointed_problem(problem->status, problem->pointer, problem->detail));
  jobs_.refuse(on, caller, json_response(202, "{\"filtered\":true}\n"));
}

/// The jobs of one push: answered once, when all of them were.
struct push_routes::push_progress {
  std::size_t counts = 0;
  std::atomic<std::size_t> missing = 0;
  std::atomic<bool> failed = false;
};

void push_routes::push(const exchange_ptr& on, const authenticated& caller, const gorush_door& door) {
  const auto converted = convert_push(on->request.body, door.options_for(caller.who->tenant));
  if (const auto* refusal = std::get_if<push_refusal>(&converted))
    return jobs_.refuse(on, caller, push_error(refusal->status, refusal->message));
  const auto& pushed = std::get<push_jobs>(converted);
  std::vector<job_submission> jobs;
  for (const auto& document : pushed.documents) {
    auto read = intake_.read(document, caller.who->tenant, *on->tenants);
    if (const auto* problem = std::get_if<intake_problem>(&read))
      return jobs_.refuse(
          on, caller,
          push_error(problem->status == 403 ? 403 : 400, problem->pointer + " " + problem->detail));
    auto& job = jobs.emplace_back(std::move(std::get<job_submission>(read)));
    job.lane = door.lane();
    job.correlation_id = on->correlation_id;
  }
  auto all = std::make_shared<push_progress>();
  all->counts = pushed.counts;
  all->missing = jobs.size();
  // Counted once for all its jobs, which then leave together.
  store_.admit(admission_of(caller),
               [this, on, all, jobs = std::move(jobs)](store_result<admit_answer> admitted) mutable {
                 if (on->pass(admitted)) submit_all(on, all, std::move(jobs));
               });
}

void push_routes::submit_all(const exchange_ptr& on, const std::shared_ptr<push_progress>& all,
                             std::vector<job_submission> jobs) {
  for (auto& job : jobs) {
    store_.submit(std::move(job), [on, all](store_result<submit_answer> result) {
      if (!result) all->failed = true;
      if (--all->missing > 0) return;
      if (all->failed) return on->unavailable("not all of it could be stored");
      on->answer(push_reply(all->counts));
    });
  }
}

}  // namespace dispatch
