// What the pool does on a good day, and the limits it keeps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "pool_harness.hpp"

namespace dispatch::http2::test {
namespace {

using ::testing::ElementsAre;

TEST(pool_answers, answer_is_given_back_whole) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    c->answer(r.stream, 429, {{"retry-after", "12"}, {"apns-id", "some-id"}}, "{\"reason\":\"x\"}");
  });
  pool_harness client(server);
  client.submit(1, 5s, "/3/device/abc", "hello");
  const auto got = client.only();
  EXPECT_EQ(got.failure, failure::none);
  EXPECT_EQ(got.status, 429);
  EXPECT_EQ(got.retry_after, "12");
  EXPECT_EQ(got.apns_id, "some-id");
  EXPECT_EQ(got.body, "{\"reason\":\"x\"}");
  EXPECT_GT(got.round_trip.count(), 0);
  const auto ledger = server.ledger();
  ASSERT_EQ(ledger.size(), 1U);
  EXPECT_EQ(ledger[0].path, "/3/device/abc");
  EXPECT_EQ(ledger[0].body, "hello");
  EXPECT_EQ(ledger[0].headers.at("authorization"), "bearer x");
  EXPECT_EQ(ledger[0].headers.at(":authority"), "localhost:" + std::to_string(server.port()));
}

TEST(pool_answers, nothing_is_connected_before_the_first_request) {
  h2_test_server server(authority());
  pool_harness client(server);
  client.on_thread([](pool&) {});
  EXPECT_EQ(client.stats().connects, 0U);
}

TEST(pool_answers, warm_up_connects_ahead) {
  h2_test_server server(authority());
  pool_harness client(server);
  client.on_thread([](pool& it) { it.warm_up(); });
  EXPECT_TRUE(eventually([&] { return client.stats().connections == 1; }));
  client.submit(1);
  EXPECT_EQ(client.only().status, 200);
  EXPECT_EQ(server.accepted(), 1U);
}

TEST(pool_answers, thousands_go_over_few_connections) {
  h2_test_server server(authority());
  pool_harness client(server);
  client.submit(5'000);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 5'000U);
  EXPECT_EQ(server.ledger().size(), 5'000U);
  EXPECT_LE(server.accepted(), 2U);
  EXPECT_LE(server.most_streams(), 100U);
}

TEST(pool_answers, one_connection_is_enough_for_little_load) {
  h2_test_server server(authority());
  pool_harness client(server);
  for (int i = 0; i < 20; ++i) {
    client.submit(5);
    client.expect_all();
  }
  EXPECT_EQ(server.accepted(), 1U);
}

TEST(pool_answers, own_stream_limit_and_connection_limit_hold) {
  h2_test_server server(authority());
  pool_harness client(server, [](pool_options& options) {
    options.max_connections = 3;
    options.max_streams = 4;
  });
  client.submit(1'000);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 1'000U);
  EXPECT_LE(server.most_streams(), 4U);
  EXPECT_LE(server.accepted(), 3U);
}

TEST(pool_answers, peers_stream_limit_of_one_is_kept) {
  h2_test_server server(authority(), {.max_streams = 1});
  pool_harness client(server);
  client.submit(300);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 300U);
  EXPECT_EQ(server.most_streams(), 1U);
  EXPECT_EQ(server.resets_received(), 0U);
}

TEST(pool_answers, apns_opens_up_after_the_first_answer) {
  h2_test_server server(authority(), {.max_streams = 1}, [](const connection_ptr& c, const h2_request& r) {
    if (r.stream == 1) c->set_max_streams(50);
    c->answer(r.stream, 200);
  });
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  client.submit(2'000);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 2'000U);
  EXPECT_GT(server.most_streams(), 1U);
  EXPECT_LE(server.most_streams(), 50U);
}

TEST(pool_answers, limit_of_zero_holds_requests_until_it_rises) {
  h2_test_server server(authority(), {.max_streams = 0});
  pool_harness client(server);
  client.submit(10);
  ASSERT_TRUE(eventually([&] { return client.stats().connections == 2; }));
  EXPECT_EQ(client.completed(), 0U);
  EXPECT_EQ(client.stats().waiting, 10U);
  server.each([](const connection_ptr& c) { c->set_max_streams(2); });
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 10U);
}

TEST(pool_answers, higher_lane_starts_first) {
  h2_test_server server(authority(), {.max_streams = 0});
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  client.submit(2, 10s, "/", "{}", lane::bulk);
  client.submit(2, 10s, "/", "{}", lane::normal);
  client.submit(2, 10s, "/", "{}", lane::high);
  ASSERT_TRUE(eventually([&] { return client.stats().connections == 1; }));
  server.each([](const connection_ptr& c) { c->set_max_streams(1); });
  client.expect_all();
  EXPECT_THAT(client.order(), ElementsAre(5, 6, 3, 4, 1, 2));
}

TEST(pool_answers, body_passes_a_tiny_window) {
  h2_test_server server(authority(), {.stream_window = 16});
  pool_harness client(server);
  client.submit(20, 10s, "/", std::string(1'000, 'w'));
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 20U);
  for (const auto& request : server.ledger()) EXPECT_EQ(request.body, std::string(1'000, 'w'));
}

TEST(pool_answers, oversize_answer_is_cut) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    c->answer(r.stream, 500, {}, std::string(5'000'000, 'z'));
  });
  pool_harness client(server, [](pool_options& options) { options.max_answer_bytes = 1'000; });
  client.submit(1);
  const auto got = client.only();
  EXPECT_EQ(got.status, 500);
  EXPECT_EQ(got.body, std::string(1'000, 'z'));
  EXPECT_TRUE(eventually([&] { return server.resets_received() == 1; }));
}

TEST(pool_answers, early_hints_and_trailers_are_passed_over) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    c->inform(r.stream, 103);
    c->answer_part(r.stream, 200, "ok");
    c->trailers(r.stream, {{"retry-after", "9"}});
  });
  pool_harness client(server);
  client.submit(1);
  const auto got = client.only();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "ok");
  EXPECT_EQ(got.retry_after, "");
}

TEST(pool_answers, more_than_max_waiting_comes_straight_back) {
  h2_test_server server(authority(), {.max_streams = 0});
  pool_harness client(server, [](pool_options& options) { options.max_waiting = 10; });
  client.submit(15);
  ASSERT_TRUE(client.wait_for(5));
  EXPECT_EQ(client.count(failure::not_sent), 5U);
  EXPECT_EQ(client.stats().waiting, 10U);
}

TEST(pool_answers, recall_gives_back_what_waits_and_nothing_else) {
  h2_test_server server(authority(), {.max_streams = 3}, [](const connection_ptr&, const h2_request&) {});
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  client.submit(10);
  ASSERT_TRUE(eventually([&] { return server.ledger().size() == 3; }));
  client.on_thread([](pool& it) { it.recall(); });
  ASSERT_TRUE(client.wait_for(7));
  EXPECT_EQ(client.count(failure::not_sent), 7U);
  EXPECT_EQ(client.stats().in_flight, 3U);
  EXPECT_EQ(client.stats().waiting, 0U);
  server.each([](const connection_ptr& c) {
    for (const int stream : {1, 3, 5}) c->answer(stream, 200);
  });
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 3U);
}

TEST(pool_answers, drain_awaits_open_streams_then_says_goodbye) {
  h2_test_server server(authority(), {.max_streams = 3}, [](const connection_ptr&, const h2_request&) {});
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  client.submit(5);
  ASSERT_TRUE(eventually([&] { return server.ledger().size() == 3; }));
  client.on_thread([](pool& it) { it.drain(); });
  client.submit(1);
  ASSERT_TRUE(client.wait_for(3));
  EXPECT_EQ(client.count(failure::not_sent), 3U);
  EXPECT_EQ(server.open(), 1U);
  server.each([](const connection_ptr& c) {
    for (const int stream : {1, 3, 5}) c->answer(stream, 200);
  });
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 3U);
  EXPECT_TRUE(eventually([&] { return server.open() == 0; }));
  EXPECT_EQ(client.stats().connections, 0U);
  EXPECT_EQ(client.events(connection_event::lost), 0U);
}

TEST(pool_answers, renewed_connection_carries_what_follows) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    if (r.path != "/hold") c->answer(r.stream, 200, {{"apns-id", std::to_string(c->number())}});
  });
  pool_harness client(server);
  client.submit(1, 10s, "/hold");
  ASSERT_TRUE(eventually([&] { return server.ledger().size() == 1; }));
  client.on_thread([](pool& it) { it.renew_connections(); });
  client.submit(10);
  ASSERT_TRUE(client.wait_for(10));
  for (std::uint64_t i = 2; i <= 11; ++i) EXPECT_EQ(client.find(i)->apns_id, "1");
  EXPECT_EQ(server.open(), 2U);
  server.each([](const connection_ptr& c) {
    if (c->number() == 0) c->answer(1, 200);
  });
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 11U);
  EXPECT_TRUE(eventually([&] { return server.open() == 1; }));
  EXPECT_EQ(client.events(connection_event::lost), 0U);
}

TEST(pool_answers, connection_is_rotated_before_its_ids_run_out) {
  h2_test_server server(authority());
  pool_harness client(server, [](pool_options& options) {
    options.max_connections = 1;
    options.max_requests_per_connection = 100;
  });
  client.submit(1'000);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 1'000U);
  EXPECT_EQ(server.accepted(), 10U);
  EXPECT_EQ(client.events(connection_event::lost), 0U);
}

TEST(pool_answers, completions_may_submit_more_and_destroy_the_pool) {
  h2_test_server server(authority());
  io_thread thread("test-io");
  std::unique_ptr<pool> it;
  std::promise<void> gone;
  std::size_t answered = 0;
  pool_options options;
  options.endpoint = "https://localhost:" + std::to_string(server.port());
  options.ca_file = authority().file();
  const auto one = [] {
    std::vector<request> batch(1);
    batch[0].correlation = 1;
    batch[0].path = "/";
    batch[0].deadline = std::chrono::steady_clock::now() + 5s;
    return batch;
  };
  const auto told = [&](std::vector<completion>&&) {
    if (++answered < 50) return it->submit(one());
    it.reset();
    gone.set_value();
  };
  thread.run([&] {
    it = std::make_unique<pool>(thread, options, pool_callbacks{told, {}});
    it->submit(one());
  });
  EXPECT_EQ(gone.get_future().wait_for(10s), std::future_status::ready);
  EXPECT_EQ(server.ledger().size(), 50U);
  EXPECT_TRUE(eventually([&] { return server.open() == 0; }));
}

TEST(pool_answers, destroying_the_pool_closes_its_sockets) {
  h2_test_server server(authority(), {}, [](const connection_ptr&, const h2_request&) {});
  pool_harness client(server);
  client.submit(150);
  ASSERT_TRUE(eventually([&] { return server.ledger().size() == 150; }));
  EXPECT_EQ(server.open(), 2U);
  client.destroy_pool();
  EXPECT_TRUE(eventually([&] { return server.open() == 0; }));
  EXPECT_EQ(client.completed(), 0U);
}

}  // namespace
}  // namespace dispatch::http2::test
