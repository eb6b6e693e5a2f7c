// Peers that are slow, silent or stuck: every slot comes back in time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "pool_harness.hpp"

namespace dispatch::http2::test {
namespace {

using ::testing::HasSubstr;
using clock_type = std::chrono::steady_clock;

std::chrono::nanoseconds process_cpu() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

TEST(pool_timing, connecting_is_given_up_in_time) {
  // With its backlog full, Linux lets a listener's further connections hang.
  namespace asio = boost::asio;
  asio::io_context context;
  asio::ip::tcp::acceptor full(context);
  full.open(asio::ip::tcp::v4());
  full.bind({asio::ip::address_v4::loopback(), 0});
  full.listen(0);
  std::vector<asio::ip::tcp::socket> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(context).open(asio::ip::tcp::v4());
    fillers.back().async_connect(full.local_endpoint(), [](const boost::system::error_code&) {});
  }
  pool_harness client("https://127.0.0.1:" + std::to_string(full.local_endpoint().port()),
                      [](pool_options& options) { options.connect_timeout = 50ms; });
  client.submit(1, 300ms);
  EXPECT_EQ(client.only().failure, failure::not_sent);
  EXPECT_GE(client.events(connection_event::connect_failed), 1U);
  EXPECT_THAT(client.last_detail(), HasSubstr("timed out"));
}

TEST(pool_timing, unanswered_request_times_out_and_is_cancelled) {
  h2_test_server server(authority(), {}, [](const connection_ptr&, const h2_request&) {});
  pool_harness client(server);
  const auto begin = clock_type::now();
  client.submit(1, 200ms);
  const auto got = client.only();
  EXPECT_EQ(got.failure, failure::timeout);
  EXPECT_GE(clock_type::now() - begin, 200ms);
  EXPECT_LT(clock_type::now() - begin, 2s);
  EXPECT_TRUE(eventually([&] { return server.resets_received() == 1; }));
}

TEST(pool_timing, cancelled_streams_free_their_slots) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    if (r.path != "/hang") c->answer(r.stream, 200);
  });
  pool_harness client(server, [](pool_options& options) {
    options.max_connections = 1;
    options.max_streams = 5;
  });
  client.submit(5, 200ms, "/hang");
  client.submit(50);
  client.expect_all();
  EXPECT_EQ(client.count(failure::timeout), 5U);
  EXPECT_EQ(client.count_status(200), 50U);
  EXPECT_EQ(server.accepted(), 1U);
}

TEST(pool_timing, answer_that_drips_is_cut_off_at_the_deadline) {
  h2_test_server* self = nullptr;
  std::function<void(const connection_ptr&, std::int32_t)> drip;
  h2_test_server server(authority(), {},
                        [&](const connection_ptr& c, const h2_request& r) { drip(c, r.stream); });
  self = &server;
  drip = [&](const connection_ptr& c, std::int32_t stream) {
    c->answer_part(stream, 200, "x");
    self->after(10ms, [&, c, stream] { drip(c, stream); });
  };
  pool_harness client(server);
  client.submit(1, 300ms);
  EXPECT_EQ(client.only().failure, failure::timeout);
  EXPECT_EQ(client.stats().connections, 1U);
}

TEST(pool_timing, deadline_past_at_submission_is_not_sent) {
  h2_test_server server(authority());
  pool_harness client(server);
  client.submit(1, -1ms);
  EXPECT_EQ(client.only().failure, failure::not_sent);
  EXPECT_TRUE(server.ledger().empty());
}

TEST(pool_timing, waiting_request_whose_deadline_passes_is_not_sent) {
  h2_test_server server(authority(), {.max_streams = 1}, [](const connection_ptr&, const h2_request&) {});
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  client.submit(1, 10s);
  client.submit(1, 200ms);
  ASSERT_TRUE(client.wait_for(1));
  EXPECT_EQ(client.find(2)->failure, failure::not_sent);
  EXPECT_EQ(client.stats().in_flight, 1U);
}

TEST(pool_timing, closed_window_frees_its_slots) {
  h2_test_server server(authority(), {.stream_window = 0});
  pool_harness client(server);
  client.submit(10, 200ms);
  client.expect_all();
  EXPECT_EQ(client.count(failure::timeout), 10U);
  EXPECT_TRUE(eventually([&] { return server.resets_received() == 10; }));
}

TEST(pool_timing, closed_connection_window_frees_its_slots) {
  h2_test_server server(authority(), {.stream_window = 1 << 20, .window_updates = false});
  pool_harness client(server, [](pool_options& options) { options.max_connections = 1; });
  client.submit(20, 500ms, "/", std::string(10'000, 'b'));
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 6U);  // what fits in 65,535 bytes
  EXPECT_EQ(client.count(failure::timeout), 14U);
}

TEST(pool_timing, silent_peer_is_found_by_ping) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    if (c->number() != 0) return c->answer(r.stream, 200);
    c->stop_answering();
  });
  pool_harness client(server, [](pool_options& options) {
    options.ping_after = 100ms;
    options.ping_timeout = 100ms;
    options.max_connections = 1;
    options.max_streams = 1;
  });
  const auto begin = clock_type::now();
  client.submit(3, 20s);
  client.expect_all();
  EXPECT_LT(clock_type::now() - begin, 5s);
  EXPECT_EQ(client.count(failure::connection), 1U);
  EXPECT_EQ(client.count_status(200), 2U);
  EXPECT_GE(server.pings_received(), 1U);
  EXPECT_EQ(client.events(connection_event::lost), 1U);
}

TEST(pool_timing, slow_peer_that_answers_pings_is_left_alone) {
  h2_test_server* self = nullptr;
  h2_test_server server(authority(), {}, [&](const connection_ptr& c, const h2_request& r) {
    self->after(600ms, [c, stream = r.stream] { c->answer(stream, 200); });
  });
  self = &server;
  pool_harness client(server, [](pool_options& options) {
    options.ping_after = 50ms;
    options.ping_timeout = 400ms;
  });
  client.submit(1);
  EXPECT_EQ(client.only().status, 200);
  EXPECT_GE(server.pings_received(), 2U);
}

TEST(pool_timing, idle_connection_is_not_pinged) {
  h2_test_server server(authority());
  pool_harness client(server, [](pool_options& options) { options.ping_after = 20ms; });
  client.submit(1);
  client.expect_all();
  const auto idle = clock_type::now();
  ASSERT_TRUE(eventually([&] { return clock_type::now() - idle > 200ms; }));
  EXPECT_EQ(server.pings_received(), 0U);
}

TEST(pool_timing, peer_that_does_not_read_is_given_up) {
  h2_test_server server(authority(),
                        {.receive_buffer = 4'096, .stream_window = 1 << 28, .connection_window = 1 << 28}, {},
                        [](const connection_ptr& c) {
                          if (c->number() == 0) c->stop_reading();
                        });
  pool_harness client(server, [](pool_options& options) {
    options.write_timeout = 300ms;
    options.max_connections = 1;
    options.ping_after = 20s;
  });
  client.submit(100, 20s, "/", std::string(400'000, 'b'));
  ASSERT_TRUE(eventually([&] { return client.events(connection_event::lost) == 1; }));
  EXPECT_THAT(client.last_detail(), HasSubstr("does not read"));
}

TEST(pool_timing, idle_connection_is_closed_after_its_time) {
  h2_test_server server(authority());
  pool_harness client(server, [](pool_options& options) { options.idle_timeout = 100ms; });
  client.submit(1);
  client.expect_all();
  EXPECT_TRUE(eventually([&] { return server.open() == 0; }));
  EXPECT_EQ(client.events(connection_event::lost), 0U);
  client.submit(1);
  client.expect_all();
  EXPECT_EQ(client.count_status(200), 2U);
}

TEST(pool_timing, new_work_is_timed_though_the_idle_timer_runs) {
  h2_test_server server(authority(), {}, [](const connection_ptr& c, const h2_request& r) {
    if (r.path != "/hang") c->answer(r.stream, 200);
  });
  pool_harness client(server, [](pool_options& options) { options.idle_timeout = 60s; });
  client.submit(1);
  client.expect_all();
  const auto begin = clock_type::now();
  client.submit(1, 100ms, "/hang");
  client.expect_all();
  EXPECT_LT(clock_type::now() - begin, 5s);
  EXPECT_EQ(client.count(failure::timeout), 1U);
}

TEST(pool_timing, idle_pool_costs_nothing) {
  h2_test_server server(authority());
  pool_harness client(server);
  client.submit(100);
  client.expect_all();
  const auto cpu = process_cpu();
  const auto idle = clock_type::now();
  ASSERT_TRUE(eventually([&] { return clock_type::now() - idle > 500ms; }));
  EXPECT_LT(process_cpu() - cpu, 50ms);
}

TEST(pool_timing, waiting_for_a_dead_peer_does_not_spin) {
  h2_test_server server(authority(), {.max_streams = 0});
  pool_harness client(server);
  client.submit(10'000, 30s);
  ASSERT_TRUE(eventually([&] { return client.stats().connections == 2; }));
  const auto cpu = process_cpu();
  const auto begin = clock_type::now();
  ASSERT_TRUE(eventually([&] { return clock_type::now() - begin > 500ms; }));
  EXPECT_LT(process_cpu() - cpu, 100ms);
}

}  // namespace
}  // namespace dispatch::http2::test
