#include "api/ingest/cors.hpp"

#include <algorithm>

namespace dispatch {
namespace {

constexpr const char* methods = "GET, POST, DELETE";
constexpr const char* request_headers =
    "Authorization, Content-Type, Idempotency-Key, X-API-Key, X-Correlation-ID, Traceparent, Webhook-Id, "
    "Webhook-Timestamp, "
    "Webhook-Signature";
constexpr const char* exposed_headers =
    "Idempotent-Replayed, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
    "X-Correlation-ID";

bool contains(const std::vector<std::string>& origins, std::string_view origin) {
  return std::find(origins.begin(), origins.end(), origin) != origins.end();
}

/// What Access-Control-Allow-Origin says; empty: that origin is not allowed.
std::string_view allowed(std::string_view origin, const cors_settings& rules) {
  if (origin.empty()) return {};
  // With credentials a wildcard would hand every page the user's answers.
  if (!rules.credentials && contains(rules.origins, "*")) return "*";
  return contains(rules.origins, origin) ? origin : std::string_view();
}

bool add_origin(http_response& answer, std::string_view origin, const cors_settings& rules) {
  if (rules.origins.empty()) return false;
  const auto value = allowed(origin, rules);
  if (value != "*") answer.headers.emplace_back("Vary", "Origin");
  if (value.empty()) return false;
  answer.headers.emplace_back("Access-Control-Allow-Origin", value);
  if (rules.credentials) answer.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  return true;
}

}  // namespace

std::optional<http_response> preflight(const http_request& request, const cors_settings& rules) {
  if (request.method != "OPTIONS" || request.header("access-control-request-method").empty())
    return std::nullopt;
  http_response answer{204, "", {}, {}};
  if (add_origin(answer, request.header("origin"), rules)) {
    answer.headers.emplace_back("Access-Control-Allow-Methods", methods);
    answer.headers.emplace_back("Access-Control-Allow-Headers", request_headers);
    answer.headers.emplace_back("Access-Control-Max-Age", std::to_string(rules.max_age.count()));
  }
  return answer;
}

void add_cors(http_response& answer, std::string_view origin, const cors_settings& rules) {
  if (add_origin(answer, origin, rules))
    answer.headers.emplace_back("Access-Control-Expose-Headers", exposed_headers);
}

}  // namespace dispatch
