#include "actors/tracker/units.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace dispatch {
namespace {

/// Calls with each vector of parts but `jobs`, and where its tags are.
template <class Each>
void for_parts(Each each) {
  each(&checkpoint::done, &unit_tags::done);
  each(&checkpoint::progress, &unit_tags::progress);
  each(&checkpoint::results, &unit_tags::results);
  each(&checkpoint::tokens, &unit_tags::tokens);
  each(&checkpoint::withheld, &unit_tags::withheld);
  each(&checkpoint::dead, &unit_tags::dead);
  each(&checkpoint::parks, &unit_tags::parks);
  each(&checkpoint::cuts, &unit_tags::cuts);
}

template <class T>
void move_into(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// Those of `from` that `goes` says go to `away`, in order.
template <class T, class Goes>
void part(std::vector<T>& from, std::vector<T>& away, Goes goes) {
  std::vector<T> stay;
  for (std::size_t i = 0; i < from.size(); ++i) (goes(i) ? away : stay).push_back(std::move(from[i]));
  from = std::move(stay);
}

/// Jobs take their completions along, which name them by their places.
void part_jobs(checkpoint& from, checkpoint& away, const std::vector<unit_number>& tags,
               const unit_set& units) {
  std::vector<std::pair<bool, std::size_t>> now;
  std::array<std::size_t, 2> next{};
  for (const auto unit : tags) {
    const bool goes = units.contains(unit);
    now.emplace_back(goes, next[goes ? 1 : 0]++);
  }
  part(from.completions, away.completions, [&](std::size_t i) { return now[from.completions[i].job].first; });
  for (auto* each : {&from.completions, &away.completions}) {
    for (auto& one : *each) one.job = now[one.job].second;
  }
  part(from.jobs, away.jobs, [&](std::size_t i) { return now[i].first; });
}

/// The same object where nobody else has it, which is what is aside, and may be large.
std::shared_ptr<checkpoint> changeable(std::shared_ptr<const checkpoint>& content) {
  auto own = content.use_count() == 1 ? std::const_pointer_cast<checkpoint>(content)
                                      : std::make_shared<checkpoint>(*content);
  content = own;
  return own;
}

}  // namespace

bool tagged_checkpoint::holds_any(const unit_set& units) const {
  if (units.contains(unit_of_posts) && !(content->posts.empty() && content->posts_ended == 0)) return true;
  return std::any_of(tags.tallies.begin(), tags.tallies.end(),
                     [&](const auto& one) { return units.contains(one.unit); });
}

unit_set units_needing(const tagged_checkpoint& what, const unusable_parts& unusable) {
  const auto& [content, tags] = what;
  unit_set units;
  const auto all = [&](bool needed, const std::vector<unit_number>& from) {
    if (needed) units.insert(from.begin(), from.end());
  };
  all(unusable.tokens, tags.tokens);
  all(unusable.dead, tags.dead);
  all(unusable.progress, tags.progress);
  for (std::size_t i = 0; i < content->parks.size(); ++i) {
    if (content->parks[i].due ? unusable.due : unusable.waiting) units.insert(tags.parks[i]);
  }
  for (const auto at : unusable.parks) units.insert(tags.parks[at]);
  for (const auto at : unusable.jobs) units.insert(tags.jobs[at]);
  for (const auto at : unusable.cuts) units.insert(tags.cuts[at]);
  for (const auto at : unusable.withheld) units.insert(tags.withheld[at]);
  if (unusable.posts) {
    units.insert(unit_of_posts);
    for (const auto& one : content->completions) units.insert(tags.jobs[one.job]);
  }
  return units;
}

tagged_checkpoint take_out(tagged_checkpoint& from, const unit_set& units) {
  auto rest = changeable(from.content);
  auto away = std::make_shared<checkpoint>();
  unit_tags away_tags;
  part_jobs(*rest, *away, from.tags.jobs, units);
  const auto part_tags = [&](std::vector<unit_number>& tags, std::vector<unit_number>& to) {
    part(tags, to, [&, was = tags](std::size_t i) { return units.contains(was[i]); });
  };
  part_tags(from.tags.jobs, away_tags.jobs);
  for_parts([&](auto parts, auto tags) {
    part((*rest).*parts, (*away).*parts, [&](std::size_t i) { return units.contains((from.tags.*tags)[i]); });
    part_tags(from.tags.*tags, away_tags.*tags);
  });
  part(from.tags.tallies, away_tags.tallies,
       [&, was = from.tags.tallies](std::size_t i) { return units.contains(was[i].unit); });
  if (units.contains(unit_of_posts)) {
    away->posts = std::exchange(rest->posts, {});
    away->posts_ended = std::exchange(rest->posts_ended, 0);
  }
  from.content = std::move(rest);
  return {std::move(away), std::move(away_tags)};
}

void append(tagged_checkpoint& to, tagged_checkpoint&& more) {
  auto all = changeable(to.content);
  auto& add = *changeable(more.content);
  for (auto& one : add.completions) one.job += all->jobs.size();
  move_into(all->completions, add.completions);
  move_into(all->jobs, add.jobs);
  move_into(to.tags.jobs, more.tags.jobs);
  for_parts([&](auto parts, auto tags) {
    move_into((*all).*parts, add.*parts);
    move_into(to.tags.*tags, more.tags.*tags);
  });
  move_into(to.tags.tallies, more.tags.tallies);
  move_into(all->posts, add.posts);
  all->posts_ended += add.posts_ended;
  to.content = std::move(all);
}

}  // namespace dispatch
