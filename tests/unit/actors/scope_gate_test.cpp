#include "actors/intake/scope_gate.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t most = 512;

/// An origin that answers everything after `latency`, kept as full as its gate allows for `time`.
class steady_origin {
 public:
  explicit steady_origin(std::chrono::milliseconds latency) : latency_(latency) {}

  void run(std::chrono::milliseconds time) {
    for (const auto end = now_ + time; now_ < end; now_ += 5ms) {
      std::uint32_t due = 0;
      while (!under_way_.empty() && under_way_.front() <= now_) {
        under_way_.pop_front();
        ++due;
      }
      if (due > 0) gate.answered(due, now_);
      answered += due;
      gate.watch(now_);
      const auto room = gate.free_window();
      if (room > 0) gate.sent(room, now_);
      under_way_.insert(under_way_.end(), room, now_ + latency_);
    }
  }

  void becomes(std::chrono::milliseconds latency) { latency_ = latency; }
  void dies() { under_way_.assign(under_way_.size(), now_ + 1h); }

  scope_gate gate{most, true};
  std::uint32_t answered = 0;

 private:
  std::chrono::milliseconds latency_;
  scope_gate::time_point now_{1h};
  std::deque<scope_gate::time_point> under_way_;
};

TEST(scope_gate, an_app_has_its_whole_window_from_the_start_and_keeps_it) {
  scope_gate gate(800, false);
  EXPECT_EQ(gate.free_window(), 800u);
  gate.sent(800, scope_gate::time_point(1h));
  gate.answered(1, scope_gate::time_point(2h));
  EXPECT_EQ(gate.window, 800u);
}

TEST(scope_gate, an_origin_that_answers_fast_has_its_whole_window_within_a_second) {
  steady_origin fast(50ms);
  EXPECT_EQ(fast.gate.free_window(), scope_gate::least_window);
  fast.run(1s);
  EXPECT_EQ(fast.gate.window, most);
  fast.answered = 0;
  fast.run(5s);
  EXPECT_EQ(fast.gate.window, most);
  EXPECT_GE(fast.answered, 0.95 * 5 * most / 0.05 * 0.9);
}

TEST(scope_gate, a_slow_origin_holds_little) {
  steady_origin slow(4s);
  slow.run(60s);
  EXPECT_EQ(slow.gate.window, scope_gate::least_window);
  EXPECT_LE(slow.gate.outstanding, scope_gate::least_window);
}

TEST(scope_gate, an_origin_that_becomes_slow_gives_back_what_it_held) {
  steady_origin origin(50ms);
  origin.run(2s);
  origin.becomes(4s);
  origin.run(60s);
  EXPECT_EQ(origin.gate.window, scope_gate::least_window);
  EXPECT_LE(origin.gate.outstanding, scope_gate::least_window);
  origin.becomes(50ms);
  origin.run(10s);
  EXPECT_EQ(origin.gate.window, most);
}

TEST(scope_gate, an_origin_that_falls_silent_is_stuck_after_two_seconds_until_it_is_heard_again) {
  steady_origin origin(50ms);
  origin.run(2s);
  origin.dies();
  origin.run(1'900ms);
  EXPECT_FALSE(origin.gate.stuck());
  origin.run(200ms);
  EXPECT_TRUE(origin.gate.stuck());
  EXPECT_EQ(origin.gate.window, scope_gate::least_window);
  EXPECT_EQ(origin.gate.outstanding, most);
  origin.gate.answered(1, scope_gate::time_point(2h));
  EXPECT_FALSE(origin.gate.stuck());
}

TEST(scope_gate, an_origin_without_work_is_not_called_silent) {
  scope_gate gate(most, true);
  const scope_gate::time_point then(1h);
  gate.sent(8, then);
  gate.answered(8, then + 10ms);
  gate.watch(then + 1min);
  gate.sent(16, then + 1min);
  gate.watch(then + 1min + 100ms);
  EXPECT_FALSE(gate.stuck());
  EXPECT_EQ(gate.window, 16u);
}

TEST(scope_gate, of_an_origin_no_more_is_loaded_than_it_was_seen_to_answer) {
  scope_gate gate(most, true);
  EXPECT_EQ(gate.second_of_work(0), scope_gate::least_window);
  EXPECT_EQ(gate.second_of_work(2), 2u);
  EXPECT_EQ(scope_gate(most, false).second_of_work(0), std::numeric_limits<std::uint64_t>::max());
}

TEST(scope_gate, a_window_smaller_than_the_first_is_kept) {
  scope_gate gate(2, true);
  EXPECT_EQ(gate.free_window(), 2u);
}

}  // namespace
}  // namespace dispatch
