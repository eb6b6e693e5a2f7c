#pragma once

// Requests and credentials as the authentication tests want them.

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "api/auth/credential_table.hpp"

namespace dispatch::test {

inline constexpr std::chrono::system_clock::time_point now{std::chrono::seconds{1'795'435'200}};
inline constexpr std::int64_t now_s = 1'795'435'200;

inline std::shared_ptr<const principal> principal_named(const std::string& name) {
  principal made{"key:" + name, "tenant-" + name, {}, {}};
  made.scopes.add(scope::send);
  return std::make_shared<const principal>(std::move(made));
}

inline http_request with_headers(std::vector<std::pair<std::string, std::string>> headers,
                                 std::string body = "{}") {
  return {"POST", "/v1/jobs", std::move(headers), std::move(body), "192.0.2.1"};
}

inline auth_result check(const credential_table& table, const http_request& request) {
  return authenticator(std::make_shared<const credential_table>(table)).check(request, now);
}

/// The credential that was accepted, or "STATUS DETAIL".
inline std::string outcome(const auth_result& result) {
  if (const auto* accepted = std::get_if<authenticated>(&result)) return accepted->who->credential;
  const auto& problem = std::get<auth_problem>(result);
  return std::to_string(problem.status) + ' ' + problem.detail;
}

}  // namespace dispatch::test
