#include "api/ingest/router.hpp"

#include <array>

namespace dispatch {
namespace {

constexpr std::array<route, 11> routes{{
    {"/v1/jobs", "POST", operation::submit_job},
    {"/v1/jobs/{id}", "GET", operation::job_status},
    {"/v1/jobs/{id}", "DELETE", operation::cancel_job},
    {"/v1/jobs/{id}/pause", "POST", operation::pause_job},
    {"/v1/jobs/{id}/resume", "POST", operation::resume_job},
    {"/v1/audiences/{name}", "POST", operation::append_audience},
    {"/v1/webhooks/{source}", "POST", operation::webhook},
    {"/api/push", "POST", operation::push},
    {"/healthz", "GET", operation::health},
    {"/readyz", "GET", operation::readiness},
    {"/openapi.json", "GET", operation::openapi},
}};

/// True when the path is of that form; `name` is what stands in the braces' place.
bool matches(std::string_view pattern, std::string_view path, std::string_view& name) {
  const auto open = pattern.find('{');
  if (open == std::string_view::npos) return path == pattern;
  const auto behind = pattern.substr(pattern.find('}') + 1);
  if (!path.starts_with(pattern.substr(0, open)) || !path.substr(open).ends_with(behind)) return false;
  name = path.substr(open, path.size() - open - behind.size());
  return !name.empty() && name.find('/') == std::string_view::npos;
}

}  // namespace

route_match find_route(std::string_view method, std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  route_match out;
  out.pattern = "other";
  for (const auto& each : routes) {
    std::string_view name;
    if (!matches(each.pattern, path, name)) continue;
    out.pattern = each.pattern;
    out.name = name;
    if (method == each.method || (method == "HEAD" && each.method == "GET")) {
      out.found = &each;
      return out;
    }
    out.allow.append(out.allow.empty() ? "" : ", ").append(each.method);
    if (each.method == "GET") out.allow.append(", HEAD");
  }
  return out;
}

std::span<const route> all_routes() noexcept {
  return routes;
}

std::string_view query_of(std::string_view target) noexcept {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

}  // namespace dispatch
