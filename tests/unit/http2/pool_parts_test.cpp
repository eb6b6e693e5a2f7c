#include <gtest/gtest.h>

#include <list>
#include <random>

#include "transport/http2/deadline_wheel.hpp"
#include "transport/http2/endpoint.hpp"
#include "transport/http2/reconnect_backoff.hpp"

namespace dispatch::http2 {
namespace {

using std::chrono::milliseconds;
using clock_type = std::chrono::steady_clock;

const clock_type::time_point start{std::chrono::hours(7)};

TEST(deadline_wheel, every_deadline_fires_once_and_not_early) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    deadline_wheel wheel;
    std::list<timed> items;
    std::size_t fired = 0;
    auto now = start;
    std::vector<timed*> due;
    for (int step = 0; step < 4'000; ++step) {
      for (int i = 0; i < 3; ++i) {
        auto& item = items.emplace_back();
        // Also some that are late already and some beyond the wheel's lap.
        item.deadline = now + milliseconds(static_cast<int>(random() % 40'000) - 100);
        wheel.add(item);
      }
      now += milliseconds(random() % 50);
      due.clear();
      wheel.expire(now, due);
      for (const auto* item : due) ASSERT_LE(item->deadline, now);
      fired += due.size();
      if (step % 400 != 0) continue;
      for (const auto& item : items) ASSERT_TRUE(!item.is_linked() || item.deadline > now);
    }
    due.clear();
    wheel.expire(now + milliseconds(60'000), due);
    EXPECT_EQ(fired + due.size(), items.size());
  }
}

TEST(deadline_wheel, destroyed_item_has_left) {
  deadline_wheel wheel;
  {
    timed item;
    item.deadline = start;
    wheel.add(item);
  }
  std::vector<timed*> due;
  wheel.expire(start + milliseconds(10), due);
  EXPECT_TRUE(due.empty());
}

TEST(deadline_wheel, no_deadline_at_all_never_fires) {
  deadline_wheel wheel;
  timed item;
  item.deadline = clock_type::time_point::max();
  wheel.add(item);
  std::vector<timed*> due;
  for (int i = 0; i < 2'000; ++i) wheel.expire(start + milliseconds(40 * i), due);
  EXPECT_TRUE(due.empty());
}

TEST(reconnect_backoff, waits_longer_after_each_failure_up_to_the_cap) {
  reconnect_backoff backoff(milliseconds(100), milliseconds(1'000));
  EXPECT_TRUE(backoff.allows(start));
  const int expected[] = {100, 200, 400, 800, 1'000, 1'000};
  auto now = start;
  for (const int wait : expected) {
    backoff.failed(now, 0.999'999);
    EXPECT_NEAR(std::chrono::duration<double>(backoff.next() - now).count() * 1e3, wait, 1.0);
    EXPECT_FALSE(backoff.allows(now));
    now = backoff.next();
    EXPECT_TRUE(backoff.allows(now));
  }
}

TEST(reconnect_backoff, an_answer_forgives_everything) {
  reconnect_backoff backoff(milliseconds(100), milliseconds(1'000));
  for (int i = 0; i < 5; ++i) backoff.failed(start, 0.9);
  backoff.succeeded();
  EXPECT_TRUE(backoff.allows(start));
  backoff.failed(start, 0.999'999);
  EXPECT_LE(backoff.next(), start + milliseconds(100));
}

TEST(reconnect_backoff, years_of_failure_do_not_overflow) {
  reconnect_backoff backoff(milliseconds(100), milliseconds(10'000));
  for (int i = 0; i < 100'000; ++i) backoff.failed(start, 0.5);
  EXPECT_LE(backoff.next(), start + milliseconds(10'000));
  EXPECT_GT(backoff.next(), start);
}

TEST(endpoint, takes_names_and_addresses) {
  const auto name = parse_endpoint("https://api.push.apple.com");
  EXPECT_EQ(name.host, "api.push.apple.com");
  EXPECT_EQ(name.port, "443");
  EXPECT_EQ(name.authority, "api.push.apple.com");
  EXPECT_FALSE(name.is_address);

  const auto v4 = parse_endpoint("https://127.0.0.1:8443/");
  EXPECT_EQ(v4.authority, "127.0.0.1:8443");
  EXPECT_TRUE(v4.is_address);

  const auto v6 = parse_endpoint("https://[::1]:8443");
  EXPECT_EQ(v6.host, "::1");
  EXPECT_EQ(v6.authority, "[::1]:8443");
  EXPECT_TRUE(v6.is_address);
}

TEST(endpoint, refuses_everything_else) {
  for (const char* url : {"", "api.push.apple.com", "http://host", "https://", "https://user:pw@host",
                          "https://host/path", "https://host?q", "https://host#f", "https://host:0",
                          "https://host:99999", "https://host:x", "https://evil%00.host"})
    EXPECT_THROW(parse_endpoint(url), std::invalid_argument) << url;
}

}  // namespace
}  // namespace dispatch::http2
