// What retries and restarts may never exceed, over random histories.

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/policy/restart_policy.hpp"
#include "core/policy/retry_budget.hpp"
#include "core/policy/retry_policy.hpp"
#include "tests/property/core_policy/seed.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using test::dice;

TEST(retry_budget_property, no_span_of_time_has_more_retries_than_promised) {
  dice random{40};
  for (int round = 0; round < 30; ++round) {
    const retry_budget::time_point start{std::chrono::hours{1}};
    retry_budget budget{{0.1, 10.0}, start};
    struct tick {
      double at;
      double first_attempts;
      double retries;
    };
    std::vector<tick> ticks;
    auto now = start;
    for (int i = 0; i < 400; ++i) {
      now += milliseconds{random.one_in(50) ? random.between(0, 20'000) : random.between(0, 400)};
      const auto first = random.one_in(3) ? random.between(0, 2'000) : 0;
      budget.on_first_attempts(static_cast<std::uint64_t>(first), now);
      const auto wanted = static_cast<std::uint64_t>(random.one_in(2) ? random.between(0, 500) : 0);
      const auto next = budget.next_available(now);
      const auto taken = budget.take_up_to(wanted, now);
      if (wanted > 0) {
        ASSERT_EQ(next == now, taken > 0);
      }
      ticks.push_back({std::chrono::duration<double>(now - start).count(), static_cast<double>(first),
                       static_cast<double>(taken)});
    }
    for (std::size_t a = 0; a < ticks.size(); ++a) {
      double retries = 0;
      double first = 0;
      for (std::size_t b = a; b-- > 0 && ticks[a].at - ticks[b].at <= 10.0;) first += ticks[b].first_attempts;
      for (std::size_t b = a; b < ticks.size(); ++b) {
        retries += ticks[b].retries;
        first += ticks[b].first_attempts;
        ASSERT_LE(retries, 0.1 * first + 10.0 * (ticks[b].at - ticks[a].at + 10.0) + 1e-3);
      }
    }
  }
}

TEST(retry_budget_property, a_waiting_retry_is_there_when_it_was_promised) {
  dice random{41};
  for (int round = 0; round < 2'000; ++round) {
    const retry_budget::time_point start{std::chrono::hours{1}};
    retry_budget budget{{0.1, 0.05 + random.unit() * 50}, start};
    budget.take_up_to(1'000, start);
    auto now = start + milliseconds{random.between(0, 3'000)};
    budget.on_first_attempts(static_cast<std::uint64_t>(random.between(0, 9)), now);
    budget.take_up_to(1'000, now);
    ASSERT_TRUE(budget.try_take(budget.next_available(now)));
  }
}

TEST(retry_policy_property, never_early_never_past_the_expiry_never_too_often) {
  dice random{42};
  const milliseconds now = 1'795'456'800s;
  for (int i = 0; i < 50'000; ++i) {
    retry_rules rules;
    if (random.one_in(3)) rules = standard_webhooks_rules;
    const auto made = static_cast<std::uint32_t>(random.between(0, 12));
    std::optional<milliseconds> asked;
    if (random.one_in(2)) asked = milliseconds{random.between(0, 400'000)};
    std::optional<milliseconds> expires;
    if (random.one_in(2)) expires = now + milliseconds{random.between(-1'000, 400'000)};
    const auto decided = decide_retry(rules, made, asked, now, expires, random.unit());
    ASSERT_EQ(decided.verdict == retry_verdict::dead, made >= rules.max_attempts);
    if (decided.verdict == retry_verdict::expired) {
      ASSERT_TRUE(expires);
    }
    if (decided.verdict != retry_verdict::retry) continue;
    ASSERT_GE(decided.retry_at, now + asked.value_or(0ms));
    if (expires) {
      ASSERT_LT(decided.retry_at, *expires);
    }
    const milliseconds longest = rules.schedule.empty() ? milliseconds{5min} : milliseconds{24h} * 11 / 10;
    ASSERT_LE(decided.retry_at - now, std::max(longest, asked.value_or(0ms)));
  }
}

TEST(retry_policy_property, full_jitter_is_uniform) {
  dice random{43};
  const backoff_policy policy;
  std::vector<int> tenths(10);
  for (int i = 0; i < 100'000; ++i) {
    const auto delay = policy.delay(4, random.unit());
    ASSERT_LT(delay, 8s);
    ++tenths[static_cast<std::size_t>(delay.count() / 800)];
  }
  for (const auto count : tenths) EXPECT_NEAR(count, 10'000, 600);
}

TEST(restart_property, at_most_five_restarts_in_thirty_seconds_within_their_bounds) {
  dice random{44};
  std::int64_t given_up = 0;
  for (int round = 0; round < 300; ++round) {
    restart_history history;
    std::vector<restart_history::time_point> due;
    restart_history::time_point now{std::chrono::hours{1}};
    const auto usual = random.between(1, 20'000);
    for (int i = 0; i < 100; ++i) {
      now += milliseconds{random.one_in(20) ? random.between(0, 120'000) : random.between(0, usual)};
      const auto delay = decide_restart(history, {}, now, random.unit());
      if (!delay) {
        ++given_up;
        ASSERT_EQ(std::count_if(due.begin(), due.end(), [&](auto t) { return t > now - 30s; }), 5);
        continue;
      }
      ASSERT_GE(*delay, 200ms);
      ASSERT_LE(*delay, 30s);
      now += *delay;
      due.push_back(now);
      if (due.size() > 5) {
        ASSERT_GE(due.back() - due[due.size() - 6], 30s);
      }
    }
  }
  EXPECT_GT(given_up, 100);
}

}  // namespace
}  // namespace dispatch
