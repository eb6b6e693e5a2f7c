#include "actors/intake/expiry_watch.hpp"

#include <algorithm>

namespace dispatch {

void expiry_watch::noted(const list& which, epoch_ms ends) {
  auto& next = lists_[which].next;
  next = next ? std::min(*next, ends) : ends;
}

std::vector<expiry_watch::list> expiry_watch::due(epoch_ms wall, time_point now) {
  std::vector<list> out;
  for (auto& [which, one] : lists_) {
    if (one.looking && now - one.began > longest_look) {
      finish(one, now);
      one.unknown = true;
    }
    if (!one.looking && now >= one.not_before && (one.unknown || (one.next && *one.next <= wall)))
      out.push_back(which);
  }
  return out;
}

void expiry_watch::begin(const list& which, epoch_ms wall, time_point now) {
  auto& one = lists_[which];
  one.unknown = false;
  one.next.reset();
  one.looking = wall;
  one.began = now;
}

bool expiry_watch::is_looking(const list& which) const {
  const auto found = lists_.find(which);
  return found != lists_.end() && found->second.looking;
}

void expiry_watch::was_read(const list& which, bool drained, epoch_ms last_stored, time_point now) {
  const auto found = lists_.find(which);
  if (found == lists_.end() || !found->second.looking) return;
  auto& one = found->second;
  if (drained || last_stored >= *one.looking) finish(one, now);
}

void expiry_watch::finish(state& one, time_point now) {
  one.looking.reset();
  one.not_before = now + std::max<time_point::duration>(least_pause, one_in * (now - one.began));
}

}  // namespace dispatch
