// Who gives way when there is no room: connections at their limits, and bodies. Whatever waits for its client
// costs little to do again; what a good request needs is there for it.

#include <map>
#include <string_view>

#include "transport/http/connections.hpp"

namespace dispatch::http_connections {
namespace {

/// So long a body may take before it gives way to another one of the same owner.
constexpr std::chrono::milliseconds least_time{250};
constexpr int most_given_way = 16;

}  // namespace

bool listener::count_as(session& which, const std::string& group) {
  if (which.counted_as == group) return true;
  if (const auto old = by_group_.find(which.counted_as); old != by_group_.end() && --old->second == 0)
    by_group_.erase(old);
  which.counted_as.clear();
  if (group.empty()) return true;
  if (full(group) && !evict(group, &which)) return false;
  ++by_group_[group];
  which.counted_as = group;
  return true;
}

bool listener::evict(const std::string& group, const session* but) {
  if (!options.screen) return false;
  // What has an answer already goes first; then the oldest of whoever has the most, all that is not proven
  // together as one: neither a crowd of strangers nor one credential's drives out another's few.
  struct crowd {
    std::size_t size = 0;
    session* oldest = nullptr;
    clock::time_point since;
  };
  std::map<std::string_view, crowd> proven;
  crowd unproven, over;
  const auto now = clock::now();
  for (const auto& each : sessions_) {
    if (each.get() == but || each->peer().refused || (!group.empty() && each->counted_as != group)) continue;
    const auto its = each->dispensable(now);
    if (!its) continue;
    auto& in = its->value == worth::over       ? over
               : its->value == worth::unproven ? unproven
                                               : proven[each->owner()];
    ++in.size;
    if (!in.oldest || its->since < in.since) in.oldest = each.get(), in.since = its->since;
  }
  const crowd* largest = over.oldest ? &over : &unproven;
  if (!over.oldest) {
    for (const auto& [owner, each] : proven)
      if (each.size > largest->size) largest = &each;
  }
  if (!largest->oldest) return false;
  largest->oldest->close();
  return true;
}

session* listener::slowest_body(const body_share& whose, const session& but,
                                clock::duration least_age) const {
  session* found = nullptr;
  auto since = clock::now() - least_age;
  for (const auto& each : sessions_) {
    const auto began = each->reads_body_of(whose);
    if (each.get() == &but || !began || *began > since) continue;
    found = each.get();
    since = *began;
  }
  return found;
}

bool listener::hold(const session& by, const body_share& whose, std::ptrdiff_t bytes) {
  for (int given_way = 0; !bodies_.hold(whose, bytes); ++given_way) {
    if (!options.screen || given_way == most_given_way) return false;
    const auto from = bodies_.most_held(whose, static_cast<std::size_t>(bytes));
    auto* const slowest = slowest_body(from, by, from == whose ? least_time : clock::duration(0));
    if (!slowest) return false;
    slowest->give_way();
  }
  return true;
}

}  // namespace dispatch::http_connections
