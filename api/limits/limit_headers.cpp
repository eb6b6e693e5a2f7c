#include "api/limits/limit_headers.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace dispatch {
namespace {

struct window {
  const char* name;
  std::int64_t seconds;
};
/// In the order of admit_answer::used.
constexpr std::array<window, 3> all_windows{{{"Minute", 60}, {"Hour", 3'600}, {"Day", 86'400}}};

}  // namespace

std::vector<std::pair<std::string, std::string>> limit_headers(const request_windows& windows,
                                                               const admit_answer& answer) {
  const std::array<std::uint32_t, 3> limits{windows.minute, windows.hour, windows.day};
  const auto now_s = std::chrono::duration_cast<std::chrono::seconds>(answer.now).count();
  std::vector<std::pair<std::string, std::string>> out;
  std::int64_t least_left = 0, tightest_limit = 0, reset = 0, retry_after = 0;
  bool any = false;
  for (std::size_t at = 0; at < all_windows.size(); ++at) {
    const std::int64_t limit = limits[at];
    if (limit == 0) continue;
    const auto left = std::max<std::int64_t>(limit - answer.used[at], 0);
    const auto until_next = all_windows[at].seconds - now_s % all_windows[at].seconds;
    out.emplace_back(std::string("X-RateLimit-Limit-") + all_windows[at].name, std::to_string(limit));
    out.emplace_back(std::string("X-RateLimit-Remaining-") + all_windows[at].name, std::to_string(left));
    // Of two that are full the longer one decides when the next request can succeed.
    if (left == 0) retry_after = std::max(retry_after, until_next);
    if (!any || left < least_left || (left == 0 && least_left == 0)) {
      least_left = left;
      tightest_limit = limit;
      reset = until_next;
    }
    any = true;
  }
  if (!any) return out;
  out.emplace_back("RateLimit-Limit", std::to_string(tightest_limit));
  out.emplace_back("RateLimit-Remaining", std::to_string(least_left));
  out.emplace_back("RateLimit-Reset", std::to_string(reset));
  if (answer.verdict == admit_verdict::limited)
    out.emplace_back("Retry-After", std::to_string(std::max<std::int64_t>(retry_after, 1)));
  return out;
}

}  // namespace dispatch
