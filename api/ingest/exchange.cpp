#include "api/ingest/exchange.hpp"

#include <algorithm>
#include <utility>

#include "api/ingest/cors.hpp"
#include "api/limits/limit_headers.hpp"
#include "api/problem.hpp"

namespace dispatch {
namespace {

constexpr const char* retry_after_s = "1";

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

void apply(const header_settings& rules, header_list& headers) {
  for (const auto& name : rules.response_remove)
    std::erase_if(headers, [&](const auto& each) { return same_name(each.first, name); });
  for (const auto& added : rules.response_add) {
    if (same_name(added.first, no_sniffing.first))
      std::erase_if(headers, [&](const auto& each) { return same_name(each.first, added.first); });
    headers.push_back(added);
  }
}

}  // namespace

exchange::exchange(http_request given, http_reply reply, const ingest_settings& settings,
                   const access_hook& answered)
    : request(std::move(given)), reply_(std::move(reply)), settings_(settings), answered_(answered) {}

void exchange::answer(http_response response) {
  response.headers.emplace_back("X-Correlation-ID", correlation_id);
  response.headers.push_back(no_sniffing);
  response.headers.insert(response.headers.end(), limits_.begin(), limits_.end());
  add_cors(response, request.header("origin"), settings_.cors);
  apply(settings_.headers, response.headers);
  if (answered_) {
    answered_({route, request.method, response.status, std::chrono::steady_clock::now() - began_,
               request.remote_address, who ? std::string_view(who->credential) : std::string_view(),
               correlation_id, why_});
  }
  reply_(std::move(response));
}

void exchange::unavailable(std::string_view detail, std::string_view why) {
  auto response = problem_response(503, detail);
  response.headers.emplace_back("Retry-After", retry_after_s);
  why_ = why.empty() ? detail : why;
  answer(std::move(response));
}

bool exchange::pass(const store_result<admit_answer>& result) {
  if (!result) {
    unavailable("the request could not be stored", result.error().detail);
    return false;
  }
  limits_ = limit_headers(who->windows, *result);
  if (result->verdict == admit_verdict::admitted) return true;
  if (result->verdict == admit_verdict::limited) {
    answer(problem_response(429, "API rate limit exceeded"));
    return false;
  }
  auto response = problem_response(401, "this signed request was used before");
  response.headers.emplace_back("WWW-Authenticate", "Bearer error=\"invalid_token\"");
  answer(std::move(response));
  return false;
}

}  // namespace dispatch
