// How many requests a provider gets at a time follows from how it answers.

#include <gtest/gtest.h>

#include <atomic>

#include "tests/integration/http2/pool_harness.hpp"

namespace dispatch::http2::test {
namespace {

constexpr std::size_t streams = 20;

void many_connections(pool_options& options) {
  options.max_connections = 30;
  options.max_streams = streams;
}

/// Keeps `requests` submitted and unanswered at least until the condition holds.
bool under_load(pool_harness& client, std::size_t requests, const std::function<bool()>& condition) {
  return eventually([&] {
    if (client.submitted() - client.completed() < requests) client.submit(requests);
    return condition();
  });
}

TEST(pool_concurrency, a_distant_provider_gets_all_it_answers_without_slowing_down) {
  h2_test_server* place = nullptr;
  h2_test_server server(authority(), {.max_streams = streams},
                        [&](const connection_ptr& c, const h2_request& r) {
                          place->after(30ms, [c, stream = r.stream] { c->answer(stream, 200); });
                        });
  place = &server;
  pool_harness client(server, many_connections);
  EXPECT_EQ(client.stats().limit, 200U);
  EXPECT_TRUE(under_load(client, 2'000, [&] { return client.stats().connections >= 20; }));
  EXPECT_GE(client.stats().limit, 19 * streams);
  EXPECT_LE(server.most_streams(), streams);
  client.expect_all();
}

TEST(pool_concurrency, a_near_one_gets_no_more_connections_than_it_takes) {
  h2_test_server server(authority(), {.max_streams = 100});
  pool_harness client(server, [](pool_options& options) { options.max_connections = 30; });
  client.submit(100, 10s);
  client.expect_all();
  EXPECT_EQ(client.stats().connections, 1U);
  EXPECT_EQ(client.stats().limit, 200U);
}

TEST(pool_concurrency, one_that_says_too_much_gets_few_and_more_again_when_it_recovers) {
  std::atomic<int> status{503};
  h2_test_server server(authority(), {.max_streams = streams},
                        [&](const connection_ptr& c, const h2_request& r) { c->answer(r.stream, status); });
  pool_harness client(server, many_connections);
  EXPECT_TRUE(under_load(client, 500, [&] { return client.stats().limit == 8; }));
  EXPECT_LE(client.stats().in_flight, 8U);
  status = 200;
  EXPECT_TRUE(under_load(client, 500, [&] { return client.stats().limit > 100; }));
  client.expect_all();
}

}  // namespace
}  // namespace dispatch::http2::test
