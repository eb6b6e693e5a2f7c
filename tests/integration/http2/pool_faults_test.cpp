// Peers that end streams and connections, in order or not: what costs an attempt and what does not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <atomic>

#include "pool_harness.hpp"
#include "tests/support/no_descriptors.hpp"

namespace dispatch::http2::test {
namespace {

using ::testing::HasSubstr;

TEST(pool_faults, goaway_sends_the_rest_elsewhere_and_awaits_the_first) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    if (c->number() != 0) return c->answer(r.stream, 200);
    // Ten came: the first five are processed, the other five never will be.
    if (r.stream == 19) c->goaway(9, NGHTTP2_NO_ERROR, "bye");
  });
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  client.submit(10);
  ASSERT_TRUE(client.wait_for(5));
  EXPECT_EQ(client.count_status(200), 5U);
  EXPECT_EQ(server.accepted(), 2U);
  EXPECT_EQ(client.stats().in_flight, 5U);
  server.each([](const connection_ptr& c) {
    for (const int stream : {1, 3, 5, 7, 9}) c->answer(stream, 201);
  });
  client.expect_all();
  EXPECT_EQ(client.count_status(201), 5U);
  EXPECT_EQ(server.ledger().size(), 15U);
  EXPECT_TRUE(eventually([&] { return server.open() == 1; }));
  EXPECT_EQ(client.events(connection_event::goaway), 1U);
  EXPECT_EQ(client.events(connection_event::lost), 0U);
}

TEST(pool_faults, goaway_reason_is_told) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    c->answer(r.stream, 200);
    c->goaway(r.stream, NGHTTP2_NO_ERROR, "{\"reason\":\"Shutdown\"}");
  });
  pool_harness client(server);
  client.submit(1);
  client.expect_all();
  ASSERT_TRUE(eventually([&] { return client.events(connection_event::goaway) == 1; }));
  EXPECT_THAT(client.last_detail(), HasSubstr("Shutdown"));
}

TEST(pool_faults, goaway_and_fin_after_every_answer_is_normal) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    if (r.stream != 1) return;
    c->answer(r.stream, 200);
    c->goaway(r.stream, NGHTTP2_NO_ERROR);
    c->close();
  });
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  client.submit(30);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 30U);
  EXPECT_EQ(client.events(connection_event::lost), 0U) << client.details(connection_event::lost);
}

TEST(pool_faults, goaway_on_everything_without_an_answer_backs_off) {
  h2_test_server server(authority(), {},
                        [](const connection_ptr& c, const h2_request&) { c->goaway(0, NGHTTP2_NO_ERROR); });
  pool_harness client(server, [](pool_options& options) {
    options.reconnect_base = 100ms;
    options.reconnect_cap = 10s;
  });
  client.submit(50, 500ms);
  client.expect_all();
  EXPECT_EQ(client.count(failure::not_sent), 50U);
  EXPECT_LT(server.accepted(), 15U);
}

TEST(pool_faults, refused_streams_are_sent_again) {
  auto refused = std::make_shared<std::map<std::string, int>>();
  h2_test_server server(authority(), {}, [refused](const connection_ptr& c, const h2_request& r) {
    if (++(*refused)[r.headers.at("x-number")] <= 2) return c->reset(r.stream, NGHTTP2_REFUSED_STREAM);
    c->answer(r.stream, 200);
  });
  pool_harness client(server);
  client.submit(100);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 100U);
  EXPECT_EQ(server.ledger().size(), 300U);
}

TEST(pool_faults, peer_that_refuses_everything_makes_nobody_spin) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    c->reset(r.stream, NGHTTP2_REFUSED_STREAM);
  });
  pool_harness client(server);
  client.submit(2'000, 1s);
  client.expect_all();
  EXPECT_EQ(client.count(failure::not_sent) + client.count(failure::reset), 2'000U);
  EXPECT_LT(server.ledger().size(), 10'000U);
}

TEST(pool_faults, request_refused_again_and_again_is_given_up) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    if (r.path == "/bad") return c->reset(r.stream, NGHTTP2_REFUSED_STREAM);
    c->answer(r.stream, 200);
  });
  pool_harness client(server);
  client.submit(1, 30s, "/bad");
  client.submit(1, 30s, "/good");
  client.expect_all(30s);
  EXPECT_EQ(client.count(failure::reset), 1U);
  EXPECT_EQ(client.count_status(200), 1U);
  EXPECT_EQ(server.ledger().size(), 17U);
}

TEST(pool_faults, other_resets_are_unknown_outcomes) {
  static constexpr std::uint32_t codes[] = {NGHTTP2_NO_ERROR,          NGHTTP2_PROTOCOL_ERROR,
                                            NGHTTP2_INTERNAL_ERROR,    NGHTTP2_CANCEL,
                                            NGHTTP2_HTTP_1_1_REQUIRED, NGHTTP2_ENHANCE_YOUR_CALM};
  h2_test_server server(authority(), {}, [n = 0U](const connection_ptr& c, const h2_request& r) mutable {
    c->reset(r.stream, codes[n++ % std::size(codes)]);
  });
  pool_harness client(server);
  client.submit(12);
  client.expect_all();
  EXPECT_EQ(client.count(failure::reset), 12U);
  EXPECT_EQ(server.ledger().size(), 12U);
}

TEST(pool_faults, lost_connection_makes_open_streams_unknown_and_spares_the_rest) {
  h2_test_server server(authority(), {.max_streams = 5}, [](const connection_ptr& c, const h2_request& r) {
    if (c->number() != 0) return c->answer(r.stream, 200);
    if (r.stream == 9) c->abort();
  });
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  client.submit(20);
  client.expect_all();
  EXPECT_EQ(client.count(failure::connection), 5U);
  EXPECT_EQ(client.count_status(200), 15U);
  EXPECT_EQ(client.events(connection_event::lost), 1U);
  EXPECT_EQ(server.ledger().size(), 20U);
}

TEST(pool_faults, fin_without_goaway_under_open_streams_is_a_loss) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request&) { c->close(); });
  pool_harness client(server);
  client.submit(1);
  EXPECT_EQ(client.only().failure, failure::connection);
  EXPECT_TRUE(eventually([&] { return client.events(connection_event::lost) == 1; }));
}

TEST(pool_faults, idle_connection_closed_by_the_peer_is_no_fault) {
  h2_test_server server(authority());
  pool_harness client(server);
  client.submit(1);
  client.expect_all();
  server.each([](const connection_ptr& c) { c->close(); });
  ASSERT_TRUE(eventually([&] { return client.stats().connections == 0; }));
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 2U);
  EXPECT_EQ(client.events(connection_event::lost), 0U);
}

TEST(pool_faults, nobody_listening_keeps_requests_until_somebody_does) {
  h2_test_server server(authority());
  server.close_listener();
  pool_harness client(server);
  client.submit(10);
  ASSERT_TRUE(eventually([&] { return client.events(connection_event::connect_failed) >= 3; }));
  EXPECT_EQ(client.completed(), 0U);
  server.open_listener();
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 10U);
}

// Ours to be short of, and no reason to think ill of the peer.
TEST(pool_faults, without_descriptors_requests_wait_and_no_connection_counts_as_failed) {
  h2_test_server server(authority());
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  {
    const dispatch::test::no_descriptors none;
    client.submit(10, 30s);
    ASSERT_TRUE(eventually([&] { return client.events(connection_event::shortage) >= 2; }));
    EXPECT_EQ(client.completed(), 0U);
    client.submit(5, 1s);
    ASSERT_TRUE(eventually([&] { return client.count(failure::not_sent) == 5; }))
        << "too little time to be answered in";
  }
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 10U);
  EXPECT_EQ(client.events(connection_event::connect_failed), 0U);
  EXPECT_THAT(client.details(connection_event::shortage), HasSubstr("descriptors"));
}

TEST(pool_faults, reconnecting_is_no_storm) {
  h2_test_server server(authority());
  server.close_listener();
  pool_harness client(server, [](pool_options& options) {
    options.reconnect_base = 100ms;
    options.reconnect_cap = 10s;
  });
  client.submit(5'000, 1s);
  client.expect_all();
  EXPECT_EQ(client.count(failure::not_sent), 5'000U);
  const auto tried = client.stats().connects;
  EXPECT_GE(tried, 2U);
  EXPECT_LT(tried, 25U);
  // Nobody waits any more: nobody tries.
  EXPECT_EQ(client.stats().connects, tried);
}

TEST(pool_faults, connections_killed_before_any_answer_back_off) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request&) { c->abort(); });
  pool_harness client(server, [](pool_options& options) {
    options.max_streams = 1;
    options.max_connections = 1;
    options.reconnect_base = 100ms;
    options.reconnect_cap = 10s;
  });
  client.submit(1'000, 1s);
  client.expect_all();
  EXPECT_LT(server.accepted(), 25U);
  EXPECT_EQ(client.count(failure::connection), server.ledger().size());
  EXPECT_EQ(client.count(failure::connection) + client.count(failure::not_sent), 1'000U);
}

TEST(pool_faults, second_connection_that_fails_backs_off_though_the_first_answers) {
  h2_test_server server(authority(), {.max_streams = 2});
  pool_harness client(server, [](pool_options& options) {
    options.reconnect_base = 200ms;
    options.reconnect_cap = 10s;
  });
  client.on_thread([](pool& it) { it.warm_up(); });
  ASSERT_TRUE(eventually([&] { return client.stats().connections == 1; }));
  server.close_listener();
  for (int i = 0; i < 20; ++i) {
    client.submit(500);
    client.expect_all();
  }
  EXPECT_EQ(client.count_status(200), 10'000U);
  EXPECT_LT(client.stats().connects, 12U);
}

TEST(pool_faults, warm_up_that_fails_is_not_repeated_for_nobody) {
  h2_test_server server(authority());
  server.close_listener();
  pool_harness client(server);
  client.on_thread([](pool& it) { it.warm_up(); });
  ASSERT_TRUE(eventually([&] { return client.events(connection_event::connect_failed) == 1; }));
  server.open_listener();
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 1U);
  EXPECT_EQ(client.stats().connects, 2U);
}

TEST(pool_faults, last_words_are_heard_though_writing_fails) {
  // Closing with bytes unread makes the kernel send a TCP reset right behind the answers and the GOAWAY.
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    if (c->number() != 0) return c->answer(r.stream, 200);
    if (r.stream > 19) return;
    c->answer(r.stream, 200);
    if (r.stream != 19) return;
    c->goaway(19, NGHTTP2_NO_ERROR);
    c->close();
  });
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  client.submit(10);
  client.submit(40, 10s, "/", std::string(1'000, 'b'));
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 50U) << client.details(connection_event::lost);
}

TEST(pool_faults, protocol_error_ends_one_connection_not_the_pool) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    if (c->number() == 0) return c->raw(std::string(100, '\xff'));
    c->answer(r.stream, 200);
  });
  pool_harness client(server);
  client.submit(1);
  EXPECT_EQ(client.only().failure, failure::connection);
  EXPECT_TRUE(eventually([&] { return client.events(connection_event::lost) == 1; }));
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 1U);
  EXPECT_TRUE(eventually([&] { return server.open() == 1; }));
}

TEST(pool_faults, push_promise_ends_the_connection) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    if (c->number() != 0) return c->answer(r.stream, 200);
    c->raw(std::string("\0\0\7\5\4\0\0\0\1", 9) + std::string("\0\0\0\2\x82\x84\x87", 7));
  });
  pool_harness client(server);
  client.submit(1);
  EXPECT_EQ(client.only().failure, failure::connection);
}

TEST(pool_faults, max_streams_lowered_under_load_loses_nothing) {
  h2_test_server server(authority(), {}, [n = 0](const connection_ptr& c, const h2_request& r) mutable {
    static constexpr std::uint32_t limits[] = {1, 50, 3, 100, 10};
    if (++n % 37 == 0) c->set_max_streams(limits[static_cast<std::size_t>(n / 37) % 5]);
    c->answer(r.stream, 200);
  });
  pool_harness client(server);
  client.submit(3'000);
  client.expect_all();
  // nghttp2's server refuses what was on its way when it lowered the limit; that must cost nothing.
  EXPECT_EQ(client.count_status(200), 3'000U);
}

}  // namespace
}  // namespace dispatch::http2::test
