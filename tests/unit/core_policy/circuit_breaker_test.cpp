#include "core/policy/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using enum breaker_state;

constexpr milliseconds start = 1'795'456'800s;
constexpr auto success = breaker_answer::success;
constexpr auto failure = breaker_answer::failure;
constexpr auto neutral = breaker_answer::neutral;

circuit_breaker tripped_at(milliseconds now, const breaker_settings& settings = {}) {
  circuit_breaker breaker{settings};
  for (int i = 0; i < 5; ++i) breaker.record(failure, now);
  EXPECT_EQ(breaker.state(), open);
  return breaker;
}

circuit_breaker half_open_at(milliseconds now) {
  auto breaker = tripped_at(now - 30s);
  EXPECT_TRUE(breaker.advance(now));
  EXPECT_EQ(breaker.state(), half_open);
  return breaker;
}

TEST(circuit_breaker, opens_at_the_fifth_failure) {
  circuit_breaker breaker;
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.record(failure, start));
  EXPECT_EQ(breaker.state(), closed);
  EXPECT_TRUE(breaker.failure_costs_attempt());
  const auto change = breaker.record(failure, start + 1s);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->from, closed);
  EXPECT_EQ(change->to, open);
  EXPECT_EQ(change->at, start + 1s);
  EXPECT_FALSE(breaker.failure_costs_attempt());
  const breaker_snapshot expected{open, 5, start + 1s, start + 31s, 30s, 0, 0, "failures"};
  EXPECT_EQ(breaker.snapshot(start + 1s), expected);
}

TEST(circuit_breaker, five_failures_count_within_sixty_seconds) {
  circuit_breaker inside;
  circuit_breaker outside;
  for (int i = 0; i < 4; ++i) {
    inside.record(failure, start + i * 15s);
    outside.record(failure, start + i * 15s);
  }
  EXPECT_TRUE(inside.record(failure, start + 60s));
  EXPECT_FALSE(outside.record(failure, start + 60'001ms));
  EXPECT_EQ(outside.snapshot(start + 60'001ms).failures, 4U);
}

TEST(circuit_breaker, a_small_share_of_failures_does_not_open) {
  circuit_breaker breaker;
  for (int i = 0; i < 100; ++i) {
    breaker.record_successes(9, start);
    EXPECT_FALSE(breaker.record(failure, start));
  }
  EXPECT_EQ(breaker.state(), closed);
}

TEST(circuit_breaker, the_share_is_of_the_latest_twenty_answers) {
  circuit_breaker breaker;
  breaker.record_successes(1'000'000, start);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(breaker.record(failure, start)) << i;
  EXPECT_TRUE(breaker.record(failure, start));  // 10 of 20
}

TEST(circuit_breaker, the_share_is_of_those_seen_when_they_are_fewer) {
  circuit_breaker half;
  half.record_successes(5, start);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(half.record(failure, start));
  EXPECT_TRUE(half.record(failure, start));  // 5 of 10
  circuit_breaker less;
  less.record_successes(6, start);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(less.record(failure, start));
  EXPECT_TRUE(less.record(failure, start));  // 6 of 12
}

TEST(circuit_breaker, ratio_zero_is_the_literal_rule) {
  breaker_settings literal;
  literal.min_failure_ratio = 0;
  circuit_breaker breaker{literal};
  for (int i = 0; i < 4; ++i) {
    breaker.record_successes(1000, start);
    EXPECT_FALSE(breaker.record(failure, start));
  }
  breaker.record_successes(1000, start);
  EXPECT_TRUE(breaker.record(failure, start));
}

TEST(circuit_breaker, opens_at_as_many_failures_as_it_was_told) {
  breaker_settings patient;
  patient.failure_threshold = 50;
  circuit_breaker breaker{patient};
  for (int i = 0; i < 49; ++i) EXPECT_FALSE(breaker.record(failure, start + i * 1s)) << i;
  EXPECT_EQ(breaker.snapshot(start + 48s).failures, 49U);
  EXPECT_TRUE(breaker.record(failure, start + 60s));
  EXPECT_EQ(breaker.snapshot(start + 60s).failures, 50U);
}

TEST(circuit_breaker, the_share_is_of_as_many_answers_as_it_was_told) {
  breaker_settings wide;
  wide.sample = 200;
  circuit_breaker breaker{wide};
  breaker.record_successes(1'000'000, start);
  for (int i = 0; i < 99; ++i) EXPECT_FALSE(breaker.record(failure, start)) << i;
  EXPECT_TRUE(breaker.record(failure, start));  // 100 of 200
  breaker_settings narrow;
  narrow.sample = 4;
  circuit_breaker quick{narrow};
  quick.record_successes(1'000'000, start);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(quick.record(failure, start)) << i;
  EXPECT_TRUE(quick.record(failure, start));  // 4 of 4, and the fifth failure
}

TEST(circuit_breaker, a_reload_keeps_of_what_was_counted_the_latest_that_fits) {
  breaker_settings settings;
  settings.sample = 100;
  settings.failure_threshold = 40;
  circuit_breaker breaker{settings};
  for (int i = 0; i < 30; ++i) breaker.record(failure, start);
  breaker.record_successes(15, start);
  settings.sample = 20;
  settings.failure_threshold = 4;
  breaker.change(settings);
  EXPECT_EQ(breaker.snapshot(start).failures, 4U);
  // The latest twenty begin with five failures, which the next five push out.
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(breaker.record(failure, start)) << i;
  EXPECT_TRUE(breaker.record(failure, start));  // 10 of 20
}

TEST(circuit_breaker, neutral_answers_count_neither_way) {
  circuit_breaker breaker;
  for (int i = 0; i < 4; ++i) breaker.record(failure, start);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(breaker.record(neutral, start));
  EXPECT_TRUE(breaker.record(failure, start));
}

TEST(circuit_breaker, admits_nothing_while_open_and_ignores_late_answers) {
  auto breaker = tripped_at(start);
  EXPECT_EQ(breaker.admit(100, start), 0U);
  const auto before = breaker.snapshot(start);
  for (const auto answer : {success, failure, neutral}) EXPECT_FALSE(breaker.record(answer, start + 1s));
  EXPECT_FALSE(breaker.record_successes(1000, start + 1s));
  EXPECT_EQ(breaker.snapshot(start), before);
  EXPECT_FALSE(breaker.failure_costs_attempt());
}

TEST(circuit_breaker, is_half_open_after_thirty_seconds_with_three_probes) {
  auto breaker = tripped_at(start);
  EXPECT_FALSE(breaker.advance(start + 29'999ms));
  EXPECT_EQ(breaker.admit(1, start + 29'999ms), 0U);
  ASSERT_TRUE(breaker.advance(start + 30s));
  EXPECT_EQ(breaker.state(), half_open);
  EXPECT_EQ(breaker.admit(2, start + 30s), 2U);
  EXPECT_EQ(breaker.admit(100, start + 30s), 1U);
  EXPECT_EQ(breaker.admit(100, start + 30s), 0U);
}

TEST(circuit_breaker, three_passed_probes_close_it_and_start_afresh) {
  auto breaker = half_open_at(start);
  ASSERT_EQ(breaker.admit(3, start), 3U);
  EXPECT_FALSE(breaker.record(success, start));
  EXPECT_FALSE(breaker.record(success, start));
  const auto change = breaker.record(success, start);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->to, closed);
  EXPECT_EQ(breaker.snapshot(start), (breaker_snapshot{closed, 0, start - 30s, 0ms, 0ms, 0, 0, ""}));
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.record(failure, start));
  EXPECT_TRUE(breaker.record(failure, start));
  EXPECT_EQ(breaker.snapshot(start).open_for, 30s);
}

TEST(circuit_breaker, a_failed_probe_doubles_the_wait_up_to_300_seconds) {
  auto breaker = tripped_at(start);
  auto now = start;
  for (const auto wait : {30s, 60s, 120s, 240s, 300s, 300s}) {
    EXPECT_FALSE(breaker.advance(now + wait - 1ms));
    now += wait;
    ASSERT_TRUE(breaker.advance(now)) << wait.count();
    ASSERT_EQ(breaker.admit(3, now), 3U);
    breaker.record(success, now);
    const auto change = breaker.record(failure, now);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->to, open);
    EXPECT_FALSE(breaker.failure_costs_attempt());
    EXPECT_EQ(breaker.snapshot(now).reason, "probe_failed");
    EXPECT_FALSE(breaker.record(failure, now)) << "the other probes of the round come late";
  }
  EXPECT_EQ(breaker.snapshot(now).open_for, 300s);
}

TEST(circuit_breaker, a_neutral_answer_gives_its_probe_back) {
  auto breaker = half_open_at(start);
  ASSERT_EQ(breaker.admit(3, start), 3U);
  EXPECT_FALSE(breaker.record(neutral, start));
  EXPECT_EQ(breaker.admit(3, start), 1U);
  breaker.record_successes(2, start);
  breaker.give_back(1);
  EXPECT_EQ(breaker.admit(3, start), 1U);
  EXPECT_EQ(breaker.record_successes(7, start)->to, closed);
}

TEST(circuit_breaker, answers_beyond_the_probes_out_decide_nothing) {
  auto breaker = half_open_at(start);
  EXPECT_FALSE(breaker.record_successes(100, start));
  EXPECT_FALSE(breaker.record(failure, start));
  EXPECT_EQ(breaker.state(), half_open);
  ASSERT_EQ(breaker.admit(1, start), 1U);
  EXPECT_FALSE(breaker.record_successes(100, start));
  EXPECT_EQ(breaker.snapshot(start).probes_passed, 1U);
  breaker.give_back(100);
  EXPECT_EQ(breaker.admit(100, start), 2U);
}

TEST(circuit_breaker, a_batch_that_closes_it_counts_its_rest_as_closed) {
  auto breaker = half_open_at(start);
  ASSERT_EQ(breaker.admit(3, start), 3U);
  ASSERT_EQ(breaker.record_successes(3 + 6, start)->to, closed);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(breaker.record(failure, start));
  EXPECT_TRUE(breaker.record(failure, start));  // 6 of 12
}

TEST(circuit_breaker, probes_lost_with_their_process_are_given_out_again) {
  auto breaker = half_open_at(start);
  ASSERT_EQ(breaker.admit(3, start), 3U);
  breaker.record(success, start);
  EXPECT_EQ(breaker.snapshot(start).retry_at, start + 30s);
  EXPECT_FALSE(breaker.advance(start + 29'999ms));
  EXPECT_EQ(breaker.admit(3, start + 29'999ms), 0U);
  EXPECT_FALSE(breaker.advance(start + 30s));
  EXPECT_EQ(breaker.admit(3, start + 30s), 2U);
}

TEST(circuit_breaker, a_forced_state_holds_whatever_comes) {
  circuit_breaker breaker;
  ASSERT_TRUE(breaker.force_open("mass_invalid", start));
  EXPECT_EQ(breaker.snapshot(start).reason, "mass_invalid");
  EXPECT_FALSE(breaker.advance(start + 24h));
  EXPECT_EQ(breaker.admit(5, start + 24h), 0U);
  EXPECT_FALSE(breaker.record(success, start));
  ASSERT_TRUE(breaker.force_closed("operator", start));
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(breaker.record(failure, start));
  EXPECT_EQ(breaker.admit(5, start), 5U);
  EXPECT_TRUE(breaker.failure_costs_attempt());
  ASSERT_TRUE(breaker.automatic(start));
  EXPECT_EQ(breaker.state(), closed);
  EXPECT_EQ(breaker.snapshot(start).reason, "");
  EXPECT_FALSE(breaker.record(failure, start)) << "what was seen while forced does not count";
}

TEST(circuit_breaker, automatic_without_a_forced_state_changes_nothing) {
  auto breaker = tripped_at(start);
  const auto before = breaker.snapshot(start);
  EXPECT_FALSE(breaker.automatic(start + 1s));
  EXPECT_EQ(breaker.snapshot(start), before);
}

TEST(circuit_breaker, forcing_again_changes_the_reason_only) {
  circuit_breaker breaker;
  breaker.force_open("one", start);
  EXPECT_FALSE(breaker.force_open(std::string(500, 'x'), start + 1s));
  EXPECT_EQ(breaker.snapshot(start).reason, std::string(circuit_breaker::max_reason_bytes, 'x'));
  EXPECT_EQ(breaker.snapshot(start).opened_at, start);
}

TEST(circuit_breaker, state_survives_in_a_snapshot) {
  const auto first = tripped_at(start);
  circuit_breaker second;
  const auto change = second.adopt(first.snapshot(start), start + 2s);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->from, closed);
  EXPECT_EQ(change->to, open);
  EXPECT_FALSE(second.advance(start + 29s));
  ASSERT_TRUE(second.advance(start + 30s));
  second.admit(1, start + 30s);
  second.record(failure, start + 30s);
  EXPECT_EQ(second.snapshot(start).open_for, 60s);
}

TEST(circuit_breaker, probes_are_shared_through_snapshots) {
  auto first = half_open_at(start);
  ASSERT_EQ(first.admit(2, start), 2U);
  circuit_breaker second;
  second.adopt(first.snapshot(start), start);
  EXPECT_EQ(second.admit(3, start), 1U);
}

TEST(circuit_breaker, adopting_closed_over_closed_keeps_the_counts) {
  circuit_breaker breaker;
  for (int i = 0; i < 4; ++i) breaker.record(failure, start);
  EXPECT_FALSE(breaker.adopt(breaker_snapshot{}, start));
  EXPECT_TRUE(breaker.record(failure, start));
}

TEST(circuit_breaker, another_process_closing_it_starts_afresh_here) {
  auto breaker = tripped_at(start);
  EXPECT_EQ(breaker.adopt(breaker_snapshot{}, start)->to, closed);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.record(failure, start));
}

TEST(circuit_breaker, nonsense_in_a_snapshot_is_clamped) {
  breaker_snapshot wild;
  wild.state = half_open;
  wild.probes_started = 1000;
  wild.probes_passed = 5000;
  wild.open_for = -5s;
  wild.reason.assign(100'000, 'x');
  circuit_breaker breaker;
  breaker.adopt(wild, start);
  const auto held = breaker.snapshot(start);
  EXPECT_EQ(held.probes_started, 3U);
  EXPECT_EQ(held.open_for, 30s);
  EXPECT_EQ(held.reason.size(), circuit_breaker::max_reason_bytes);
}

TEST(circuit_breaker, a_clock_set_back_does_not_keep_it_open_for_hours) {
  auto breaker = tripped_at(start);
  EXPECT_FALSE(breaker.advance(start - 2h));
  EXPECT_TRUE(breaker.advance(start - 2h + 30s));
}

TEST(circuit_breaker, a_clock_set_back_does_not_keep_failures_for_hours) {
  circuit_breaker breaker;
  for (int i = 0; i < 3; ++i) breaker.record(failure, start + 2h);
  breaker.record(failure, start);
  EXPECT_FALSE(breaker.record(failure, start + 61s));
}

TEST(circuit_breaker, changed_settings_count_what_was_counted_before) {
  circuit_breaker breaker;
  for (int i = 0; i < 3; ++i) breaker.record(failure, start);
  breaker_settings fewer;
  fewer.failure_threshold = 4;
  fewer.open_for = 7s;
  breaker.change(fewer);
  EXPECT_EQ(breaker.state(), closed);
  EXPECT_TRUE(breaker.record(failure, start));
  EXPECT_FALSE(breaker.advance(start + 6s));
  EXPECT_TRUE(breaker.advance(start + 7s));
}

TEST(circuit_breaker, an_opening_lasts_as_long_as_when_it_began) {
  auto breaker = tripped_at(start);
  breaker_settings shorter;
  shorter.open_for = 1s;
  breaker.change(shorter);
  EXPECT_FALSE(breaker.advance(start + 29s));
  EXPECT_TRUE(breaker.advance(start + 30s));
}

TEST(circuit_breaker, a_round_whose_number_of_probes_is_lowered_still_ends) {
  for (std::uint32_t probes = 1; probes <= 3; ++probes) {
    auto breaker = half_open_at(start);
    EXPECT_EQ(breaker.admit(2, start), 2U);
    EXPECT_FALSE(breaker.record(success, start));
    EXPECT_FALSE(breaker.record(success, start));
    breaker_settings fewer;
    fewer.probes = probes;
    breaker.change(fewer);
    EXPECT_EQ(breaker.admit(5, start), 1U) << probes;
    EXPECT_TRUE(breaker.record(success, start)) << probes;
    EXPECT_EQ(breaker.state(), closed);
  }
}

TEST(circuit_breaker, names_are_the_contracts) {
  for (const auto state : {closed, open, half_open, forced_open, forced_closed}) {
    EXPECT_EQ(parse_breaker_state(to_string(state)), state);
  }
  EXPECT_EQ(to_string(half_open), "half_open");
  EXPECT_EQ(parse_breaker_state("Open"), std::nullopt);
  EXPECT_EQ(parse_breaker_state(""), std::nullopt);
}

}  // namespace
}  // namespace dispatch
