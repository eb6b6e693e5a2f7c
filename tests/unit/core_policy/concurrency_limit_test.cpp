#include "core/policy/concurrency_limit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

/// A provider under as much load as the limit allows, for so long.
class load {
 public:
  explicit load(concurrency_limit& limit) : limit_(limit) {}

  using round_trip = std::function<microseconds(std::uint32_t in_flight)>;
  void run(std::chrono::milliseconds time, const round_trip& takes, double refused = 0, double wanted = 1e9) {
    for (const auto end = now_ + time; now_ < end; now_ += 10ms) {
      const auto in_flight = static_cast<std::uint32_t>(std::min(double(limit_.limit()), wanted));
      const auto trip = takes(in_flight);
      const auto answers = std::max(1.0, in_flight * (10'000.0 / double(trip.count())));
      for (int i = 0; i < std::min(answers, 200.0); ++i)
        limit_.answered(trip, double(count_++ * 37 % 100) < refused * 100);
      limit_.judge(in_flight, now_);
    }
  }

 private:
  concurrency_limit& limit_;
  std::uint64_t count_ = 0;
  concurrency_limit::time_point now_{1h};
};

TEST(concurrency_limit, grows_to_the_most_while_answers_do_not_slow_down) {
  concurrency_limit limit;
  load(limit).run(2s, [](auto) { return 50ms; });
  EXPECT_EQ(limit.limit(), 1'600u);
}

TEST(concurrency_limit, stays_where_a_provider_begins_to_queue) {
  // It does 50,000/s: what is above 500 in flight at 10 ms only waits.
  concurrency_limit limit;
  load provider(limit);
  const auto queues = [](std::uint32_t in_flight) { return std::max<microseconds>(10ms, in_flight * 20us); };
  for (int minute = 0; minute < 5; ++minute) {
    provider.run(1min, queues);
    EXPECT_GE(limit.limit(), 500u);
    EXPECT_LE(limit.limit(), 1'000u) << "minute " << minute;
  }
}

TEST(concurrency_limit, takes_answers_that_differ_widely_for_no_queue) {
  // Most take 20 ms, some 200 ms, whatever is in flight.
  concurrency_limit limit;
  load provider(limit);
  std::uint32_t turn = 0;
  provider.run(2min, [&](auto) { return turn++ % 10 == 0 ? 60ms : 40ms; });
  EXPECT_EQ(limit.limit(), 1'600u);
}

TEST(concurrency_limit, gives_a_provider_that_slows_down_less_and_more_again_when_it_recovers) {
  concurrency_limit limit;
  load provider(limit);
  provider.run(2s, [](auto) { return 20ms; });
  const auto before = limit.limit();
  provider.run(20s, [](auto) { return 2'000ms; });
  EXPECT_EQ(limit.limit(), 200u);
  provider.run(5s, [](auto) { return 20ms; });
  EXPECT_EQ(limit.limit(), before);
}

TEST(concurrency_limit, shrinks_to_the_least_under_refusals_and_not_below) {
  concurrency_limit limit;
  load provider(limit);
  provider.run(
      5s, [](auto) { return 20ms; }, 0.5);
  EXPECT_EQ(limit.limit(), 8u);
  provider.run(
      5s, [](auto) { return 20ms; }, 0.05);
  EXPECT_EQ(limit.limit(), 1'600u);
}

TEST(concurrency_limit, does_not_grow_when_it_is_not_used) {
  concurrency_limit limit;
  load(limit).run(
      5s, [](auto) { return 20ms; }, 0, 100);
  EXPECT_EQ(limit.limit(), 200u);
}

TEST(concurrency_limit, the_microseconds_of_a_loopback_are_no_queue) {
  // Twice the requests take twice as long on a full machine, far below a millisecond.
  concurrency_limit limit;
  load(limit).run(2s, [](std::uint32_t in_flight) { return in_flight * 1us; });
  EXPECT_EQ(limit.limit(), 1'600u);
}

TEST(concurrency_limit, forgets_a_best_that_can_no_longer_be_reached) {
  concurrency_limit limit;
  load provider(limit);
  provider.run(1s, [](auto) { return 1ms; });
  provider.run(10s, [](auto) { return 80ms; });
  EXPECT_EQ(limit.limit(), 200u);
  provider.run(1min, [](auto) { return 80ms; });
  EXPECT_EQ(limit.limit(), 1'600u);
}

}  // namespace
}  // namespace dispatch
