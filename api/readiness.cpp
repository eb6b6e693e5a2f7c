#include "api/readiness.hpp"

#include "api/problem.hpp"

namespace dispatch {

http_response readiness_response(const readiness& state, std::string_view good) {
  if (state.ready)
    return {200,
            "text/plain; charset=utf-8",
            {{"Cache-Control", "no-store"}},
            std::string(good) + "\n" + (state.note.empty() ? "" : state.note + "\n")};
  auto answer = problem_response(503, state.reason.empty() ? "not ready" : state.reason);
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

}  // namespace dispatch
