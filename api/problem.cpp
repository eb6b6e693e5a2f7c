#include "api/problem.hpp"

#include "core/job/text_template.hpp"
#include "transport/http/wire.hpp"

namespace dispatch {
namespace {

http_response problem(int status, std::string_view title, std::string_view detail, std::string_view more) {
  http_response answer{status, "application/problem+json", {{"Cache-Control", "no-store"}}, {}};
  answer.body = "{\"type\":\"about:blank\",\"title\":" + json_quoted(title) +
                ",\"status\":" + std::to_string(status) + ",\"detail\":" + json_quoted(detail);
  answer.body.append(more).append("}\n");
  return answer;
}

}  // namespace

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  return out += '"';
}

http_response problem_response(int status, std::string_view title, std::string_view detail) {
  return problem(status, title, detail, {});
}

http_response problem_response(int status, std::string_view detail) {
  return problem(status, http_wire::reason_phrase(status), detail, {});
}

http_response pointed_problem(int status, std::string_view pointer, std::string_view detail) {
  return problem(status, http_wire::reason_phrase(status), detail, ",\"pointer\":" + json_quoted(pointer));
}

}  // namespace dispatch
