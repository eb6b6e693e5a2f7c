#include "api/admin.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "api/problem.hpp"
#include "transport/http/server.hpp"

namespace dispatch {
namespace {

constexpr std::array<std::string_view, 4> routes{"/metrics", "/healthz", "/readyz", "/version"};

/// "/metrics?x" and "http://host/metrics" (RFC 9112 section 3.2.2) are "/metrics".
std::string_view path_of(std::string_view target) {
  if (const auto scheme = target.find("://"); scheme != std::string_view::npos && !target.starts_with('/')) {
    const auto slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

http_server_options server_options(const listen_address& where) {
  http_server_options options;
  options.address = where.address.to_string();
  options.port = where.port;
  options.body_limit = 4 * 1024;  // nothing here takes a body
  options.max_connections = 64;
  return options;
}

listen_address loopback(const std::string& listen) {
  const auto where = listen_address::parse(listen);
  if (!where) throw std::invalid_argument("admin.listen: not ADDRESS:PORT: " + listen);
  if (!where->address.is_loopback())
    throw std::invalid_argument("admin.listen: must be a loopback address, there is no authentication: " +
                                listen);
  return *where;
}

}  // namespace

admin_routes::admin_routes(admin_sources sources, address_rules rules)
    : sources_(std::move(sources)), rules_(std::move(rules)) {}

http_response admin_routes::handle(const http_request& request) const {
  const auto began = std::chrono::steady_clock::now();
  const auto path = path_of(request.target);
  auto answer = route(request, path);
  answer.headers.push_back(no_sniffing);
  if (sources_.answered) {
    // The path as it came is the client's choice and would make as many series as it likes.
    const bool known = std::find(routes.begin(), routes.end(), path) != routes.end();
    sources_.answered(known ? path : "other", answer.status, std::chrono::steady_clock::now() - began);
  }
  return answer;
}

http_response admin_routes::route(const http_request& request, std::string_view path) const {
  const auto from = ip_address::parse(request.remote_address);
  if (!from || !rules_.permits(*from)) return problem_response(403, "Forbidden", "this address may not call");
  if (std::find(routes.begin(), routes.end(), path) == routes.end())
    return problem_response(404, "Not Found", "there is no such page");
  if (request.method != "GET" && request.method != "HEAD") {
    auto answer = problem_response(405, "Method Not Allowed", "only GET and HEAD");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    return answer;
  }
  if (path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", {}, sources_.metrics ? sources_.metrics() : ""};
  if (path == "/readyz")
    return readiness_response(sources_.ready ? sources_.ready() : readiness{true, {}}, "ready");
  if (path == "/healthz")
    return readiness_response(sources_.healthy ? sources_.healthy() : readiness{true, {}}, "ok");
  return {200,
          "application/json",
          {{"Cache-Control", "no-store"}},
          "{\"version\":" + json_quoted(sources_.version) +
              ",\"revision\":" + json_quoted(sources_.revision) + "}\n"};
}

struct admin_server::state {
  state(io_thread& thread, const admin_options& options, admin_sources sources)
      : routes(std::move(sources), address_rules(options.allow, options.deny)),
        server(thread, server_options(loopback(options.listen)),
               http_handler([this](const http_request& request) { return routes.handle(request); })) {}

  admin_routes routes;
  http_server server;
};

admin_server::admin_server(io_thread& thread, const admin_options& options, admin_sources sources)
    : state_(std::make_unique<state>(thread, options, std::move(sources))) {}
admin_server::~admin_server() = default;

std::uint16_t admin_server::port() const noexcept {
  return state_->server.port();
}

void admin_server::stop() {
  state_->server.stop();
}

}  // namespace dispatch
