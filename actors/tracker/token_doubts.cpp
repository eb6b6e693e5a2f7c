#include "actors/tracker/token_doubts.hpp"

#include <algorithm>
#include <utility>

namespace dispatch {
namespace {

mass_invalid_settings guard_settings(const hygiene_settings& settings) {
  mass_invalid_settings out;
  out.max_share = settings.max_dead_share;
  out.least_sends = settings.least_sends;
  return out;
}

}  // namespace

token_doubts::token_doubts(const hygiene_settings& settings,
                           by_scope<std::uint32_t>::generation_of generation)
    : scopes_(
          [settings = guard_settings(settings)](scope_number) {
            return doubt{mass_invalid_guard(settings), false};
          },
          std::move(generation)) {}

bool token_doubts::believes(scope_number scope, std::uint64_t sends, std::uint64_t dead, time_point now) {
  return scopes_[scope].guard.record(sends, dead, now);
}

bool token_doubts::to_be_reported(scope_number scope) {
  auto& of = scopes_[scope];
  return of.guard.tripped() && !std::exchange(of.reported, true);
}

mass_invalid_guard::counts token_doubts::recent(scope_number scope, time_point now) const {
  return scopes_[scope].guard.recent(now);
}

void token_doubts::take(const scope_doubt& news, time_point quiet_until) {
  auto& of = scopes_[news.scope];
  switch (news.what) {
    case scope_doubt::news::held:
      of.guard.trip();
      of.reported = true;
      return;
    case scope_doubt::news::released:
      // After a decision this comes too, and must not end the quiet.
      if (!of.guard.tripped()) return;
      of.guard.reset();
      break;
    case scope_doubt::news::accepted:
      of.guard.reset(quiet_until);
      break;
    case scope_doubt::news::discarded:
      of.guard.reset();
      break;
  }
  of.reported = false;
}

epoch_ms suppressed_until(epoch_ms now, epoch_ms dead_since, std::chrono::milliseconds ttl) {
  if (ttl.count() <= 0) return epoch_ms{0};
  const auto since = dead_since.count() > 0 ? std::min(dead_since, now) : now;
  return since + ttl > now ? since + ttl : epoch_ms{0};
}

}  // namespace dispatch
