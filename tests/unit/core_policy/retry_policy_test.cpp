#include "core/policy/retry_policy.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds now = 1'795'456'800s;

retry_decision at(milliseconds time) {
  return {retry_verdict::retry, time};
}
constexpr retry_decision dead{retry_verdict::dead, {}};
constexpr retry_decision expired{retry_verdict::expired, {}};

TEST(retry_policy, five_attempts_by_default) {
  const retry_rules rules;
  EXPECT_EQ(decide_retry(rules, 1, {}, now, {}, 1.0), at(now + 1s));
  EXPECT_EQ(decide_retry(rules, 4, {}, now, {}, 1.0), at(now + 8s));
  EXPECT_EQ(decide_retry(rules, 5, {}, now, {}, 1.0), dead);
  EXPECT_EQ(decide_retry(rules, 6, {}, now, {}, 1.0), dead);
}

TEST(retry_policy, a_failure_that_cost_no_attempt_is_always_retried) {
  EXPECT_EQ(decide_retry({}, 0, {}, now, {}, 0.5), at(now + 500ms));
}

TEST(retry_policy, retry_after_is_a_minimum) {
  EXPECT_EQ(decide_retry({}, 1, 30s, now, {}, 1.0), at(now + 30s));
  EXPECT_EQ(decide_retry({}, 1, 30s, now, {}, 0.0), at(now + 30s));
  EXPECT_EQ(decide_retry({}, 4, 2s, now, {}, 1.0), at(now + 8s));
}

TEST(retry_policy, nothing_is_scheduled_at_or_past_the_expiry) {
  EXPECT_EQ(decide_retry({}, 1, {}, now, now + 1001ms, 1.0), at(now + 1s));
  EXPECT_EQ(decide_retry({}, 1, {}, now, now + 1000ms, 1.0), expired);
  EXPECT_EQ(decide_retry({}, 1, 60s, now, now + 60s, 0.0), expired);
  EXPECT_EQ(decide_retry({}, 1, {}, now, now - 1s, 0.0), expired);
}

TEST(retry_policy, used_up_attempts_win_over_the_expiry) {
  EXPECT_EQ(decide_retry({}, 5, {}, now, now - 1s, 0.0), dead);
}

TEST(retry_policy, webhooks_follow_standard_webhooks) {
  const auto& rules = standard_webhooks_rules;
  EXPECT_EQ(decide_retry(rules, 1, {}, now, {}, 0.0), at(now + 5s));
  EXPECT_EQ(decide_retry(rules, 2, {}, now, {}, 0.0), at(now + 5min));
  EXPECT_EQ(decide_retry(rules, 3, {}, now, {}, 0.0), at(now + 30min));
  EXPECT_EQ(decide_retry(rules, 7, {}, now, {}, 0.0), at(now + 14h));
  EXPECT_EQ(decide_retry(rules, 9, {}, now, {}, 0.0), at(now + 24h));
  EXPECT_EQ(decide_retry(rules, 10, {}, now, {}, 0.0), dead);
}

TEST(retry_policy, a_schedule_has_jitter_of_a_tenth_and_honours_retry_after) {
  EXPECT_EQ(decide_retry(standard_webhooks_rules, 2, {}, now, {}, 1.0), at(now + 330s));
  EXPECT_EQ(decide_retry(standard_webhooks_rules, 1, 1min, now, {}, 1.0), at(now + 1min));
}

TEST(retry_policy, beyond_its_end_a_schedule_repeats_its_last_wait) {
  auto rules = standard_webhooks_rules;
  rules.max_attempts = 20;
  EXPECT_EQ(decide_retry(rules, 15, {}, now, {}, 0.0), at(now + 24h));
  EXPECT_EQ(decide_retry(rules, 0, {}, now, {}, 0.0), at(now + 5s));
}

}  // namespace
}  // namespace dispatch
