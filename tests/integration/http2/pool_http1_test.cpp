// Peers that speak HTTP/1.1, with TLS and without.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "pool_harness.hpp"
#include "tests/support/http1_test_server.hpp"

namespace dispatch::http2::test {
namespace {

using dispatch::test::h1_reply;
using dispatch::test::h1_request;
using dispatch::test::http1_test_server;
using ::testing::HasSubstr;
using then = h1_reply::then;

std::string ok(const std::string& body = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string url(const http1_test_server& server, bool tls = true) {
  return (tls ? "https://localhost:" : "http://localhost:") + std::to_string(server.port());
}

void with_http1(pool_options& options) {
  options.http1 = true;
  options.max_connections = 1;
}

TEST(pool_http1, peer_without_h2_is_spoken_to_in_http1) {
  for (const bool alpn : {true, false}) {
    http1_test_server server(authority(), {.alpn = alpn},
                             [](const h1_request&) { return h1_reply{ok("yes")}; });
    pool_harness client(url(server), with_http1);
    client.submit(1, 10s, "/hook", "{\"a\":1}");
    const auto got = client.only();
    EXPECT_EQ(got.failure, failure::none);
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "yes");
    EXPECT_GT(got.round_trip.count(), 0);
    const auto ledger = server.ledger();
    ASSERT_EQ(ledger.size(), 1U);
    EXPECT_EQ(ledger[0].line, "POST /hook HTTP/1.1");
    EXPECT_EQ(ledger[0].headers.at("host"), "localhost:" + std::to_string(server.port()));
    EXPECT_EQ(ledger[0].headers.at("authorization"), "bearer x");
    EXPECT_EQ(ledger[0].body, "{\"a\":1}");
  }
}

TEST(pool_http1, peer_that_prefers_h2_gets_h2) {
  h2_test_server server(authority());
  pool_harness client(server, with_http1);
  client.submit(3);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 3U);
  EXPECT_EQ(server.ledger().size(), 3U);
}

TEST(pool_http1, without_the_option_it_is_refused) {
  http1_test_server server(authority());
  pool_harness client(url(server));
  client.submit(1, 300ms);
  EXPECT_EQ(client.only().failure, failure::not_sent);
  EXPECT_GE(client.events(connection_event::tls_failed), 1U);
  EXPECT_TRUE(server.ledger().empty());
}

TEST(pool_http1, plain_http_is_spoken_where_allowed) {
  http1_test_server server(authority(), {.tls = false});
  pool_harness client(url(server, false), [](pool_options& options) {
    with_http1(options);
    options.allow_http = true;
  });
  client.submit(3);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 3U);
  EXPECT_EQ(server.accepted(), 1U);
}

TEST(pool_http1, one_connection_carries_one_request_after_the_other) {
  http1_test_server server(authority());
  pool_harness client(url(server), with_http1);
  client.submit(200);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 200U);
  EXPECT_EQ(server.accepted(), 1U);
}

TEST(pool_http1, more_connections_are_opened_up_to_the_limit) {
  http1_test_server server(authority(), {}, [](const h1_request&) { return h1_reply{""}; });  // silent
  pool_harness client(url(server), [](pool_options& options) {
    with_http1(options);
    options.max_connections = 3;
  });
  client.submit(8, 700ms);
  EXPECT_TRUE(eventually([&] { return server.ledger().size() == 3; }));
  client.expect_all();
  EXPECT_EQ(client.count(failure::timeout), 3U);
  EXPECT_EQ(client.count(failure::not_sent), 5U);
}

TEST(pool_http1, connection_of_a_timeout_is_not_used_again) {
  std::atomic<int> requests{0};
  http1_test_server server(authority(), {},
                           [&](const h1_request&) { return h1_reply{requests++ == 0 ? "" : ok()}; });
  pool_harness client(url(server), with_http1);
  client.submit(1, 200ms);
  client.expect_all();
  EXPECT_EQ(client.count(failure::timeout), 1U);
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 1U);
  EXPECT_EQ(server.accepted(), 2U);
}

TEST(pool_http1, connection_broken_after_the_request_leaves_the_outcome_unknown) {
  for (const auto how : {then::close, then::abort}) {
    http1_test_server server(authority(), {}, [&](const h1_request&) { return h1_reply{"", how}; });
    pool_harness client(url(server), with_http1);
    client.submit(1);
    EXPECT_EQ(client.only().failure, failure::connection);
    EXPECT_EQ(server.ledger().size(), 1U) << "never sent again by itself";
  }
}

TEST(pool_http1, kept_connection_that_closes_at_the_next_request_leaves_its_outcome_unknown) {
  std::atomic<int> requests{0};
  http1_test_server server(authority(), {}, [&](const h1_request&) {
    return requests++ == 0 ? h1_reply{ok()} : h1_reply{"", then::close};
  });
  pool_harness client(url(server), with_http1);
  client.submit(1);
  client.expect_all();
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count(failure::connection), 1U);
  EXPECT_EQ(server.ledger().size(), 2U);
}

TEST(pool_http1, kept_connection_that_closed_while_idle_costs_nothing) {
  http1_test_server server(authority());
  pool_harness client(url(server), with_http1);
  client.submit(1);
  client.expect_all();
  server.hang_up();
  EXPECT_TRUE(eventually([&] { return client.stats().connections == 0; }));
  EXPECT_EQ(client.events(connection_event::lost), 0U);
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 2U);
}

TEST(pool_http1, unasked_bytes_are_no_answer_to_the_next_request) {
  http1_test_server server(authority(), {}, [](const h1_request&) { return h1_reply{ok("own")}; });
  pool_harness client(url(server), with_http1);
  client.submit(1);
  client.expect_all();
  server.say(ok("forged"));
  EXPECT_TRUE(eventually([&] { return client.stats().connections == 0; }));
  client.submit(1);
  client.expect_all();
  for (const auto each : client.order()) EXPECT_EQ(client.find(each)->body, "own");
}

TEST(pool_http1, answer_said_to_be_the_last_is_followed_by_a_new_connection) {
  http1_test_server server(authority(), {}, [](const h1_request&) {
    return h1_reply{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", then::close};
  });
  pool_harness client(url(server), with_http1);
  client.submit(4);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 4U);
  EXPECT_EQ(server.accepted(), 4U);
}

TEST(pool_http1, body_that_ends_with_the_connection_is_whole) {
  http1_test_server server(authority(), {}, [](const h1_request&) {
    return h1_reply{"HTTP/1.1 410 Gone\r\n\r\nbye", then::close};
  });
  pool_harness client(url(server), with_http1);
  client.submit(1);
  const auto got = client.only();
  EXPECT_EQ(got.status, 410);
  EXPECT_EQ(got.body, "bye");
}

TEST(pool_http1, garbage_fails_one_request) {
  http1_test_server server(authority(), {},
                           [](const h1_request&) { return h1_reply{"220 mail.example ESMTP\r\n"}; });
  pool_harness client(url(server), with_http1);
  client.submit(1);
  EXPECT_EQ(client.only().failure, failure::reset);
}

TEST(pool_http1, answer_without_end_is_cut) {
  http1_test_server server(authority(), {}, [](const h1_request&) {
    return h1_reply{"HTTP/1.1 500 Oh\r\nContent-Length: 999999999\r\n\r\n" + std::string(200'000, 'x')};
  });
  pool_harness client(url(server), with_http1);
  client.submit(1);
  const auto got = client.only();
  EXPECT_EQ(got.status, 500);
  EXPECT_EQ(got.body.size(), std::size_t{16} * 1024);
}

TEST(pool_http1, drain_waits_for_the_answer_and_closes) {
  http1_test_server server(authority());
  pool_harness client(url(server), with_http1);
  client.submit(1);
  client.expect_all();
  client.on_thread([](pool& it) { it.drain(); });
  EXPECT_TRUE(eventually([&] { return server.open() == 0; }));
}

TEST(pool_http1, certificate_is_checked) {
  http1_test_server server(authority(), {.names = {"DNS:other.example"}});
  pool_harness client(url(server), with_http1);
  client.submit(1, 300ms);
  EXPECT_EQ(client.only().failure, failure::not_sent);
  EXPECT_THAT(client.details(connection_event::tls_failed), HasSubstr("hostname mismatch"));
}

}  // namespace
}  // namespace dispatch::http2::test
