#include "core/policy/retry_policy.hpp"

#include <algorithm>

namespace dispatch {
namespace {

std::chrono::milliseconds own_wait(const retry_rules& rules, std::uint32_t attempts_made,
                                   double uniform01) noexcept {
  if (rules.schedule.empty()) return rules.backoff.delay(attempts_made, uniform01);
  const auto last = rules.schedule.size() - 1;
  const auto wait = rules.schedule[std::min<std::size_t>(attempts_made > 0 ? attempts_made - 1 : 0, last)];
  const backoff_policy jitter{wait / 10, wait / 10};
  return wait + jitter.delay(1, uniform01);
}

}  // namespace

retry_decision decide_retry(const retry_rules& rules, std::uint32_t attempts_made,
                            std::optional<std::chrono::milliseconds> retry_after,
                            std::chrono::milliseconds now,
                            std::optional<std::chrono::milliseconds> expires_at, double uniform01) noexcept {
  if (attempts_made >= rules.max_attempts) return {retry_verdict::dead, {}};
  auto wait = own_wait(rules, attempts_made, uniform01);
  if (retry_after) wait = std::max(wait, *retry_after);
  const auto retry_at = now + wait;
  if (expires_at && retry_at >= *expires_at) return {retry_verdict::expired, {}};
  return {retry_verdict::retry, retry_at};
}

}  // namespace dispatch
