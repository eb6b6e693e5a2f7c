// Whatever the peer does: one completion for each request, and the peer's ledger agrees with it.

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <future>
#include <map>
#include <random>

#include "pool_harness.hpp"

namespace dispatch::http2::test {
namespace {

/// Picks a fault now and then; runs on the server's thread.
class chaos {
 public:
  explicit chaos(unsigned seed) : random_(seed) {}

  void attach(h2_test_server& server) { server_ = &server; }

  void operator()(const connection_ptr& c, const h2_request& r) {
    auto& mine = connections_[c->number()];
    if (r.stream > mine.gone) return;  // as GOAWAY said
    const auto dice = pick(1'000);
    if (dice < 20) return c->reset(r.stream, NGHTTP2_REFUSED_STREAM);
    if (dice < 30) return c->reset(r.stream, NGHTTP2_INTERNAL_ERROR);
    if (dice < 35) {
      const auto last = r.stream - 2 * static_cast<std::int32_t>(pick(4));
      mine.gone = std::max(mine.highest, last);
      return c->goaway(mine.gone, NGHTTP2_NO_ERROR);
    }
    if (dice < 37) return c->abort();
    if (dice < 39) return c->close();
    if (dice < 42) return;  // never answered
    if (dice < 60) return late(c, r.stream);
    if (dice < 62) c->set_max_streams(pick(20));
    if (dice < 90) c->set_max_streams(20 + pick(80));
    if (dice < 92) c->raw(std::string(20, static_cast<char>(pick(256))));
    if (dice < 93) c->stop_answering();
    mine.highest = std::max(mine.highest, r.stream);
    ++answered[r.headers.at("x-number")];
    c->answer(r.stream, 200, {}, std::string(pick(100), 'a'));
  }

  /// How often each request was answered at once.
  std::map<std::string, int> answered;

 private:
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

  void late(const connection_ptr& c, std::int32_t stream) {
    server_->after(std::chrono::milliseconds(pick(300)), [c, stream] { c->answer(stream, 200); });
  }

  struct promised {
    std::int32_t highest = 0;       ///< stream that was answered
    std::int32_t gone = INT32_MAX;  ///< last stream id of a GOAWAY
  };

  std::mt19937 random_;
  std::map<std::size_t, promised> connections_;
  h2_test_server* server_ = nullptr;
};

class pool_random : public ::testing::TestWithParam<unsigned> {};

TEST_P(pool_random, exactly_one_completion_and_an_honest_one) {
  const auto seed = GetParam();
  std::mt19937 random(seed);
  auto faults = std::make_shared<chaos>(seed);
  h2_test_server server(authority(), {},
                        [faults](const connection_ptr& c, const h2_request& r) { (*faults)(c, r); });
  server.post([&] { faults->attach(server); });
  pool_harness client(server, [](pool_options& options) {
    options.max_connections = 3;
    options.ping_after = 150ms;
    options.ping_timeout = 150ms;
    options.reconnect_cap = 50ms;
  });
  for (int step = 0; step < 60; ++step) {
    const auto deadline = std::chrono::milliseconds(20 + random() % 1'500);
    client.submit(random() % 60, deadline, "/", std::string(random() % 3'000, 'b'),
                  static_cast<lane>(random() % 3));
    if (random() % 15 == 0) client.on_thread([](pool& it) { it.recall(); });
    if (random() % 15 == 0) client.on_thread([](pool& it) { it.renew_connections(); });
    if (random() % 3 == 0) client.wait_for(client.submitted() / 2, 200ms);
  }
  if (seed % 2 == 0) client.on_thread([](pool& it) { it.drain(); });
  client.expect_all();

  EXPECT_EQ(client.completed(), client.submitted());
  EXPECT_GT(client.count_status(200), 0U);
  std::map<std::string, int> answered;
  std::promise<void> read;
  server.post([&] {
    answered = faults->answered;
    read.set_value();
  });
  read.get_future().wait();
  client.destroy_pool();
  EXPECT_TRUE(eventually([&] { return server.open() == 0; })) << "a socket was left open";
  // Only what the protocol says was not processed may go out again.
  for (const auto& [number, times] : answered) EXPECT_EQ(times, 1) << "request " << number;
}

INSTANTIATE_TEST_SUITE_P(seeds, pool_random, ::testing::Range(1U, 13U));

/// Only faults that cost nothing by the protocol's own word: nothing may be processed twice, nothing lost.
TEST(pool_free_faults, cost_neither_an_attempt_nor_a_repeat) {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    SCOPED_TRACE(seed);
    auto processed = std::make_shared<std::map<std::string, int>>();
    auto random = std::make_shared<std::mt19937>(seed);
    struct promised {
      std::int32_t highest = 0;
      std::int32_t gone = INT32_MAX;
    };
    auto promises = std::make_shared<std::map<std::size_t, promised>>();
    {
      h2_test_server server(authority(), {}, [=](const connection_ptr& c, const h2_request& r) {
        auto& mine = (*promises)[c->number()];
        if (r.stream > mine.gone) return;  // as GOAWAY said
        const auto dice = (*random)() % 200;
        if (dice < 10) return c->reset(r.stream, NGHTTP2_REFUSED_STREAM);
        mine.highest = std::max(mine.highest, r.stream);
        ++(*processed)[r.headers.at("x-number")];
        c->answer(r.stream, 200);
        if (dice < 12) c->set_max_streams(static_cast<std::uint32_t>(1 + (*random)() % 50));
        if (dice == 20) {
          mine.gone = mine.highest;
          c->goaway(mine.gone, NGHTTP2_NO_ERROR);
        }
      });
      pool_harness client(server, [](pool_options& options) { options.max_connections = 2; });
      client.submit(2'000, 30s);
      client.expect_all(30s);
      EXPECT_EQ(client.count_status(200), 2'000U);
    }
    EXPECT_EQ(processed->size(), 2'000U);
    for (const auto& [number, times] : *processed) EXPECT_EQ(times, 1) << number;
  }
}

}  // namespace
}  // namespace dispatch::http2::test
