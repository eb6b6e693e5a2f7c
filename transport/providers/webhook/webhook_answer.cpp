#include "transport/providers/webhook/webhook_answer.hpp"

#include <algorithm>

namespace dispatch {
namespace {

using enum evidence;
constexpr auto whole_scope = verdict::scope_hold::scope;

// A receiver that asks for a day's silence would have a day's events pile up behind it.
constexpr std::chrono::milliseconds longest_hold{3'600'000};
// The standard's first wait; the receiver has said that it is too much, but not for how long.
constexpr std::chrono::milliseconds slow_down{5'000};

// Anything but 2xx is to be tried again, the standard says: a receiver's 401 or 404 is more often a slip in
// its set-up than a decision. The exceptions are its own two: 410 is a decision, and a redirect is never
// followed.
constexpr answer_row table[] = {
    when(2, "", none, delivered()),
    when(410, "", none, drops("gone")),
    when(3, "", none, fails("redirect")),
    when(429, "", none, retries_after("too_many_requests", slow_down, whole_scope)),
    when(408, "", none, breaks_unknown("http_408")),
    when(4, "", none, retries("http_4xx")),
    when(502, "", none, breaks_unknown("http_502")),
    when(503, "", none, breaks("http_503")),
    when(504, "", none, breaks_unknown("http_504")),
    when(5, "", none, breaks("http_5xx")),
    when(0, "", none, breaks_unknown("bad_status")),
};

}  // namespace

std::span<const answer_row> webhook_answer_table() noexcept {
  return table;
}

verdict classify_webhook(const provider_answer& answer, epoch_ms now) {
  if (answer.failure != send_failure::none) return unanswered(answer.failure);
  answer_facts facts;
  facts.status = answer.status;
  auto what = find_row(table, facts).what;
  apply_retry_after(what, answer.retry_after, now);
  what.retry_after = std::min(what.retry_after, longest_hold);
  return what;
}

}  // namespace dispatch
