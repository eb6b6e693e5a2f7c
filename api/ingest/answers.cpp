#include "api/ingest/answers.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <numeric>
#include <optional>

#include "api/problem.hpp"

namespace dispatch {
namespace {

std::string time_or_null(epoch_ms at) {
  return at.count() == 0 ? "null" : std::to_string(at.count());
}

bool is_over(std::string_view state) noexcept {
  return state == "done" || state == "cancelled" || state == "dead";
}

struct progress {
  double rate = 0;
  std::optional<std::uint64_t> eta_s;
};

progress progress_of(const job_status& status) {
  const auto ended = std::accumulate(status.outcomes.begin(), status.outcomes.end(), std::uint64_t{0});
  const auto until = status.finished_at.count() != 0 ? status.finished_at : status.now;
  const auto elapsed_ms = (until - status.started_at).count();
  progress out;
  if (status.started_at.count() != 0 && elapsed_ms > 0)
    out.rate = static_cast<double>(ended) * 1'000.0 / static_cast<double>(elapsed_ms);
  const auto left = status.total - std::min(ended, status.total);
  if (left == 0 || is_over(status.state))
    out.eta_s = 0;
  else if (out.rate > 0 && status.state == "running")
    out.eta_s = static_cast<std::uint64_t>(std::ceil(static_cast<double>(left) / out.rate));
  return out;
}

}  // namespace

http_response json_response(int status, std::string body) {
  return {status, "application/json", {{"Cache-Control", "no-store"}}, std::move(body)};
}

// Tenant and id are names of the contract: nothing in them needs an escape.
http_response submission_response(std::string_view tenant, std::string_view id, const submit_answer& answer) {
  switch (answer.verdict) {
    case submit_verdict::conflict:
      return pointed_problem(422, "/id", "another document was accepted under this id");
    case submit_verdict::no_audience:
      return pointed_problem(422, "/audience", "there is no such audience");
    case submit_verdict::stored:
    case submit_verdict::repeat:
      break;
  }
  auto out = json_response(
      202, fmt::format(R"({{"id":"{}","tenant":"{}","lane":"{}","total":{},"state":"accepted"}})"
                       "\n",
                       id, tenant, to_string(answer.lane), answer.total));
  out.headers.emplace_back("Location", fmt::format("/v1/jobs/{}", id));
  if (answer.verdict == submit_verdict::repeat) out.headers.emplace_back(replayed_header, "true");
  return out;
}

http_response status_response(std::string_view tenant, std::string_view id, const job_status& status) {
  const auto [rate, eta] = progress_of(status);
  std::string body =
      fmt::format(R"({{"id":"{}","tenant":"{}","lane":{},"state":{},"total":{},"outcomes":{{)", id, tenant,
                  json_quoted(status.lane), json_quoted(status.state), status.total);
  for (const auto each : all_outcomes) {
    fmt::format_to(std::back_inserter(body), R"({}"{}":{})", index_of(each) == 0 ? "" : ",", to_string(each),
                   status.outcomes[index_of(each)]);
  }
  fmt::format_to(std::back_inserter(body),
                 R"(}},"created_at":{},"started_at":{},"finished_at":{},"rate":{:.1f},"eta_seconds":{}}})"
                 "\n",
                 time_or_null(status.created_at), time_or_null(status.started_at),
                 time_or_null(status.finished_at), rate, eta ? std::to_string(*eta) : "null");
  return json_response(200, std::move(body));
}

}  // namespace dispatch
