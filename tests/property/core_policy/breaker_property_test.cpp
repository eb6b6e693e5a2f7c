// The breaker against a model that keeps every answer it ever saw and counts anew each time.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/policy/circuit_breaker.hpp"
#include "tests/property/core_policy/seed.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using enum breaker_state;
using test::dice;

constexpr std::array states{closed, open, half_open, forced_open, forced_closed};
constexpr std::array events{breaker_event::tripped,      breaker_event::cooled_down,
                            breaker_event::probe_failed, breaker_event::probes_passed,
                            breaker_event::force_open,   breaker_event::force_closed,
                            breaker_event::automatic};

struct model {
  struct seen {
    bool failed;
    milliseconds at;
  };

  explicit model(const breaker_settings& settings)
      : ratio{settings.min_failure_ratio}, threshold{settings.failure_threshold}, sample{settings.sample} {}

  double ratio;
  std::ptrdiff_t threshold, sample;
  breaker_state state = closed;
  std::vector<seen> answers;  // counted ones since it was last closed
  milliseconds wait{0};
  milliseconds until{0};
  int probes_out = 0;
  int probes_passed = 0;
  milliseconds probe_deadline{0};

  void enter(breaker_state next) {
    state = next;
    answers.clear();
    probes_out = 0;
    probes_passed = 0;
    if (next != open && next != half_open) wait = 0ms;
  }
  void open_at(milliseconds now, milliseconds how_long) {
    enter(open);
    wait = how_long;
    until = now + how_long;
  }
  bool must_trip(milliseconds now) const {
    const auto recent = std::count_if(answers.begin(), answers.end(),
                                      [&](const seen& a) { return a.failed && now - a.at <= 60s; });
    const auto considered = std::min<std::ptrdiff_t>(sample, std::ssize(answers));
    const auto failed =
        std::count_if(answers.end() - considered, answers.end(), [](const seen& a) { return a.failed; });
    return recent >= threshold && static_cast<double>(failed) >= ratio * static_cast<double>(considered);
  }
  void on_success(milliseconds now) {
    if (state == closed) answers.push_back({false, now});
    if (state != half_open || probes_out == 0) return;
    --probes_out;
    if (++probes_passed == 3) enter(closed);
  }
  void on_failure(milliseconds now) {
    if (state == closed) {
      answers.push_back({true, now});
      if (must_trip(now)) open_at(now, 30s);
    } else if (state == half_open && probes_out > 0) {
      open_at(now, std::min<milliseconds>(wait * 2, 300s));
    }
  }
  void on_neutral() {
    if (state == half_open && probes_out > 0) --probes_out;
  }
  void on_time(milliseconds now) {
    if (state == open && now >= until) enter(half_open);
    if (state == half_open && probes_out > 0 && now >= probe_deadline) probes_out = 0;
  }
  std::uint32_t admit(std::uint32_t wanted, milliseconds now) {
    if (state == closed || state == forced_closed) return wanted;
    if (state != half_open) return 0;
    const auto free = static_cast<std::uint32_t>(3 - probes_out - probes_passed);
    const auto given = std::min(wanted, free);
    probes_out += static_cast<int>(given);
    if (given > 0) probe_deadline = now + 30s;
    return given;
  }
};

void expect_same(const model& expected, const circuit_breaker& actual, milliseconds now) {
  ASSERT_EQ(to_string(actual.state()), to_string(expected.state));
  const auto held = actual.snapshot(now);
  if (expected.state == open) {
    ASSERT_EQ(held.retry_at, expected.until);
    ASSERT_EQ(held.open_for, expected.wait);
  }
  ASSERT_EQ(static_cast<int>(held.probes_passed), expected.probes_passed);
  ASSERT_EQ(static_cast<int>(held.probes_started), expected.probes_passed + expected.probes_out);
}

/// One random operation on both; the change of state the breaker reported, if any.
std::optional<breaker_transition> step(dice& random, model& expected, circuit_breaker& actual,
                                       const breaker_settings& settings, milliseconds now,
                                       int failure_percent) {
  switch (random.between(0, 39)) {
    case 0:
      expected.enter(forced_open);
      return actual.force_open("operator", now);
    case 1:
      expected.enter(forced_closed);
      return actual.force_closed("operator", now);
    case 2:
    case 3:
      if (expected.state == forced_open || expected.state == forced_closed) expected.enter(closed);
      return actual.automatic(now);
    case 4: {  // the process starts anew with what Redis kept
      const auto kept = actual.snapshot(now);
      actual = circuit_breaker{settings};
      actual.adopt(kept, now);
      expected.answers.clear();
      return std::nullopt;
    }
    case 5:
    case 6: {
      const auto count = random.between(0, 30);
      for (std::int64_t i = 0; i < count; ++i) expected.on_success(now);
      return actual.record_successes(static_cast<std::uint64_t>(count), now);
    }
    case 7:
    case 8:
      expected.on_neutral();
      return actual.record(breaker_answer::neutral, now);
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
    case 15: {
      expected.on_time(now);
      const auto change = actual.advance(now);
      const auto wanted = static_cast<std::uint32_t>(random.between(0, 4));
      EXPECT_EQ(actual.admit(wanted, now), expected.admit(wanted, now));
      return change;
    }
    default:
      if (random.between(1, 100) <= failure_percent) {
        expected.on_failure(now);
        const auto change = actual.record(breaker_answer::failure, now);
        EXPECT_EQ(actual.failure_costs_attempt(),
                  expected.state == closed || expected.state == forced_closed);
        return change;
      }
      expected.on_success(now);
      return actual.record(breaker_answer::success, now);
  }
}

TEST(breaker_property, the_table_is_the_documented_one) {
  // Rows and columns as in circuit_breaker.hpp.
  const std::array<std::array<breaker_state, 7>, 5> table{{
      {open, closed, closed, closed, forced_open, forced_closed, closed},
      {open, half_open, open, open, forced_open, forced_closed, open},
      {half_open, half_open, open, closed, forced_open, forced_closed, half_open},
      {forced_open, forced_open, forced_open, forced_open, forced_open, forced_closed, closed},
      {forced_closed, forced_closed, forced_closed, forced_closed, forced_open, forced_closed, closed},
  }};
  dice random{1};
  std::size_t at = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto event = static_cast<std::size_t>(random.between(0, 6));
    const auto next = transition(states[at], events[event]);
    ASSERT_EQ(to_string(next), to_string(table[at][event]))
        << "from " << to_string(states[at]) << " by " << event;
    at = static_cast<std::size_t>(std::find(states.begin(), states.end(), next) - states.begin());
  }
}

TEST(breaker_property, agrees_with_the_model_over_random_walks) {
  dice random{2};
  std::array<int, 5> visits{};
  for (int walk = 0; walk < 400; ++walk) {
    breaker_settings settings;
    settings.min_failure_ratio =
        std::array{0.0, 0.25, 0.5, 0.5, 0.75, 1.0}[static_cast<std::size_t>(random.between(0, 5))];
    if (random.one_in(2)) settings.failure_threshold = static_cast<std::uint32_t>(random.between(1, 12));
    if (random.one_in(2)) settings.sample = static_cast<std::uint32_t>(random.between(1, 60));
    model expected{settings};
    circuit_breaker actual{settings};
    milliseconds now = 1'795'456'800s;
    const auto failure_percent = static_cast<int>(random.between(5, 95));
    const auto longest_step = random.one_in(2) ? 2'000 : 20'000;
    for (int i = 0; i < 500; ++i) {
      now += milliseconds{random.between(0, longest_step)};
      const auto before = actual.state();
      const auto change = step(random, expected, actual, settings, now, failure_percent);
      ASSERT_EQ(change.has_value(), before != actual.state()) << "walk " << walk << " step " << i;
      if (change) {
        ASSERT_EQ(change->from, before);
        ASSERT_EQ(change->to, actual.state());
        ASSERT_EQ(change->at, now);
      }
      ASSERT_NO_FATAL_FAILURE(expect_same(expected, actual, now)) << "walk " << walk << " step " << i;
      ++visits[static_cast<std::size_t>(actual.state())];
    }
  }
  for (const auto count : visits) EXPECT_GT(count, 1000) << "the walks must reach every state";
}

}  // namespace
}  // namespace dispatch
