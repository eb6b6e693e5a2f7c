#include "api/admin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/integration/http/raw_client.hpp"
#include "transport/io_thread.hpp"

namespace dispatch {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using raw_client = ::dispatch::testing::raw_client;

admin_sources sources() {
  admin_sources from;
  from.metrics = [] { return std::string("dispatch_redis_up 1\n"); };
  from.ready = [] { return readiness{true, {}}; };
  from.version = "1.2.3";
  from.revision = "abc";
  return from;
}

http_response get(const admin_routes& routes, const std::string& target, const std::string& method = "GET",
                  const std::string& from = "127.0.0.1") {
  return routes.handle({method, target, {}, {}, from});
}

TEST(admin_routes, serves_metrics_in_the_exposition_format) {
  const auto answer = get(admin_routes(sources(), {}), "/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(answer.body, "dispatch_redis_up 1\n");
}

TEST(admin_routes, readiness_is_503_with_the_reason) {
  auto from = sources();
  bool ready = false;
  from.ready = [&] { return readiness{ready, "redis is \"away\""}; };
  const admin_routes routes(from, {});
  const auto answer = get(routes, "/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.content_type, "application/problem+json");
  EXPECT_THAT(answer.body, HasSubstr(R"("detail":"redis is \"away\"")"));
  EXPECT_EQ(get(routes, "/healthz").status, 200);
  ready = true;
  EXPECT_EQ(get(routes, "/readyz").status, 200);
}

TEST(admin_routes, tells_the_version) {
  EXPECT_EQ(get(admin_routes(sources(), {}), "/version").body,
            "{\"version\":\"1.2.3\",\"revision\":\"abc\"}\n");
}

TEST(admin_routes, what_is_not_there_is_404_and_what_cannot_be_done_405) {
  const admin_routes routes(sources(), {});
  for (const auto* target :
       {"/", "/metricsx", "/metrics/", "//metrics", "", "*", "/%6detrics", "/../metrics"}) {
    EXPECT_EQ(get(routes, target).status, 404) << target;
    EXPECT_EQ(get(routes, target).content_type, "application/problem+json");
  }
  const auto post = get(routes, "/metrics", "POST");
  EXPECT_EQ(post.status, 405);
  EXPECT_THAT(post.headers, ::testing::Contains(std::pair<std::string, std::string>("Allow", "GET, HEAD")));
  EXPECT_EQ(get(routes, "/metrics?name=x").status, 200);
  EXPECT_EQ(get(routes, "http://localhost:9180/metrics").status, 200);
  EXPECT_EQ(get(routes, "/metrics", "HEAD").status, 200);
}

TEST(admin_routes, deny_wins_over_allow_also_for_a_mapped_address) {
  const admin_routes routes(sources(),
                            address_rules({"127.0.0.0/8", "fd00::/8"}, {"127.0.0.2", "fd00::1/128"}));
  EXPECT_EQ(get(routes, "/version", "GET", "127.0.0.1").status, 200);
  EXPECT_EQ(get(routes, "/version", "GET", "::ffff:127.0.0.1").status, 200);
  EXPECT_EQ(get(routes, "/version", "GET", "127.0.0.2").status, 403);
  EXPECT_EQ(get(routes, "/version", "GET", "::ffff:127.0.0.2").status, 403);
  EXPECT_EQ(get(routes, "/version", "GET", "fd00::1").status, 403);
  EXPECT_EQ(get(routes, "/version", "GET", "fd00::2").status, 200);
  EXPECT_EQ(get(routes, "/version", "GET", "10.0.0.1").status, 403);
  EXPECT_EQ(get(routes, "/version", "GET", "nonsense").status, 403);
}

TEST(admin_routes, counts_by_route_never_by_path) {
  auto from = sources();
  std::string seen;
  from.answered = [&](std::string_view route, int status, std::chrono::nanoseconds) {
    seen += std::string(route) + ' ' + std::to_string(status) + '\n';
  };
  const admin_routes routes(from, {});
  get(routes, "/metrics?a");
  get(routes, "/anything/else");
  EXPECT_EQ(seen, "/metrics 200\nother 404\n");
}

TEST(address, networks_are_parsed_strictly) {
  for (const auto* good :
       {"10.0.0.0/8", "0.0.0.0/0", "::/0", "::1", "2001:db8::/32", "192.0.2.1/32", "::ffff:10.0.0.0/104"})
    EXPECT_TRUE(ip_network::parse(good)) << good;
  for (const auto* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/ 8", "10.1.0.0/8",
                          "::/129", "localhost", "10.0.0", "1.2.3.4.5", "fe80::1%eth0", "10.0.0.0/8/8"})
    EXPECT_FALSE(ip_network::parse(bad)) << bad;
  EXPECT_TRUE(ip_network::parse("0.0.0.0/0")->contains(*ip_address::parse("203.0.113.9")));
  EXPECT_FALSE(ip_network::parse("0.0.0.0/0")->contains(*ip_address::parse("::1")));
  EXPECT_FALSE(ip_network::parse("::/0")->contains(*ip_address::parse("203.0.113.9")));
  EXPECT_THROW(address_rules({"x"}, {}), std::invalid_argument);
}

TEST(address, listen_addresses_are_parsed_strictly) {
  EXPECT_EQ(listen_address::parse("127.0.0.1:9180")->port, 9180);
  EXPECT_EQ(listen_address::parse("[::1]:0")->address.to_string(), "::1");
  EXPECT_EQ(listen_address::parse("localhost:1")->address.to_string(), "127.0.0.1");
  for (const auto* bad : {"", ":", "9180", ":9180", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:9180",
                          "[::1]", "[127.0.0.1]:1", "example.com:80", "127.0.0.1:-1", "[::1:1"})
    EXPECT_FALSE(listen_address::parse(bad)) << bad;
  EXPECT_TRUE(ip_address::parse("::ffff:127.9.9.9")->is_loopback());
  EXPECT_FALSE(ip_address::parse("::")->is_loopback());
}

TEST(admin_server, answers_over_a_socket) {
  io_thread thread("admin-test");
  admin_server server(thread, {"127.0.0.1:0", {}, {}}, sources());
  raw_client client(server.port());
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), EndsWith("dispatch_redis_up 1\n"));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 404 Not Found"));
}

TEST(admin_server, a_denied_address_gets_403) {
  io_thread thread("admin-test");
  admin_server server(thread, {"127.0.0.1:0", {}, {"127.0.0.0/8"}}, sources());
  raw_client client(server.port());
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 403 Forbidden"));
}

TEST(admin_server, refuses_to_start_where_others_could_call) {
  io_thread thread("admin-test");
  for (const auto* listen :
       {"0.0.0.0:0", "[::]:0", "10.0.0.1:9180", "[::ffff:10.0.0.1]:9180", "nonsense", ""})
    EXPECT_THROW(admin_server(thread, {listen, {}, {}}, sources()), std::invalid_argument) << listen;
  try {
    admin_server(thread, {"[::1]:0", {}, {}}, sources());
  } catch (const std::runtime_error&) {
    // A machine without IPv6: the address was right all the same.
  }
}

}  // namespace
}  // namespace dispatch
