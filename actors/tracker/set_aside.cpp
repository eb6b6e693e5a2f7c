#include "actors/tracker/set_aside.hpp"

#include <algorithm>
#include <utility>

namespace dispatch {

std::uint32_t set_aside::add(tagged_checkpoint&& what, bool held, std::uint32_t max_in_flight) {
  for (const auto& one : what.tags.tallies) {
    counted_ += one.recipients;
    if (!one.owner) continue;
    one.owner->unwritten = held ? run_hold::held : std::max(one.owner->unwritten.load(), run_hold::aside);
  }
  keep(std::move(what));
  const auto share = max_in_flight / 2;
  if (counted_ <= share || released_ >= max_in_flight) return 0;
  const auto leave = std::min(counted_ - share, max_in_flight - released_);
  counted_ -= leave;
  released_ += leave;
  return leave;
}

void set_aside::put_back(tagged_checkpoint&& what, time_point now) {
  try_at_ = now + again;
  keep(std::move(what));
}

void set_aside::keep(tagged_checkpoint&& what) {
  for (const auto& one : what.tags.tallies) units_.insert(one.unit);
  if (what.content->posts_ended > 0 || !what.content->posts.empty()) units_.insert(unit_of_posts);
  append(all_, std::move(what));
}

tagged_checkpoint set_aside::take(time_point now) {
  if (units_.empty() || now < try_at_) return {};
  unit_set oldest;
  for (const auto& one : all_.tags.tallies) {
    oldest.insert(one.unit);
    if (oldest.size() == most_at_once) break;
  }
  if (units_.contains(unit_of_posts)) oldest.insert(unit_of_posts);
  for (const auto unit : oldest) units_.erase(unit);
  return take_out(all_, oldest);
}

std::uint32_t set_aside::written(const unit_tags& tags, time_point now) {
  try_at_ = now;
  std::uint32_t recipients = 0;
  for (const auto& one : tags.tallies) {
    recipients += one.recipients;
    if (one.owner && !units_.contains(one.unit)) one.owner->unwritten = run_hold::none;
  }
  const auto uncounted = std::min(recipients, released_);
  released_ -= uncounted;
  counted_ -= std::min(counted_, recipients - uncounted);
  return recipients - uncounted;
}

}  // namespace dispatch
