#include "actors/intake/suspect_line.hpp"

#include <algorithm>
#include <utility>

namespace dispatch {
namespace {

bool startable(const recipient_state& state) {
  return !state.ended && !state.withheld;
}

}  // namespace

// Recipients start in their order, so those that died in the least company come first.
void suspect_line::add(const run_ptr& owner) {
  const auto size = static_cast<std::uint32_t>(owner->states.size());
  std::uint32_t begin = 0;
  const auto upto = [&](company died_in) {
    const auto end = std::clamp<std::int64_t>(owner->died_upto[index_of(died_in)] + 1, begin, size);
    return std::exchange(begin, static_cast<std::uint32_t>(end));
  };
  if (const auto from = upto(company::few); from < begin) {
    alone_.push_back({owner, from, begin});
    waiting_[index_of(owner->lane)] += begin - from;
  }
  if (const auto from = upto(company::some); from < begin) add(levels_[2], owner, from, begin);
  if (const auto from = upto(company::many); from < begin) add(levels_[1], owner, from, begin);
  if (begin < size) add(levels_[0], owner, begin, size);
}

void suspect_line::add(lines& to, const run_ptr& owner, std::uint32_t begin, std::uint32_t end) {
  to[index_of(owner->lane)].push_back({owner, begin, end});
  waiting_[index_of(owner->lane)] += end - begin;
}

std::optional<work_item> suspect_line::next_alone() {
  while (!alone_.empty()) {
    auto& from = alone_.front();
    const work_item next{from.owner, from.begin++};
    --waiting_[index_of(next.owner->lane)];
    if (from.begin == from.end) alone_.pop_front();
    if (startable(next.state())) return next;
  }
  return std::nullopt;
}

std::vector<suspect_line::part> suspect_line::next_group() {
  std::vector<part> group;
  for (auto level = company_count; level-- > 0;) {
    for (auto& line : levels_[level]) {
      while (out_[level] < most_out_[level] && !line.empty()) {
        group.push_back(take(line.front(), level));
        if (line.front().begin == line.front().end) line.pop_front();
      }
    }
  }
  return group;
}

suspect_line::part suspect_line::take(part& from, std::size_t level) {
  part taken{from.owner, from.begin, from.begin};
  for (; from.begin < from.end && out_[level] < most_out_[level]; ++from.begin) {
    // One mark tells of all these, so they end where the company grows.
    if (level == 0 && taken.end > taken.begin && (out_[0] == few || out_[0] == some)) break;
    taken.end = from.begin + 1;
    --waiting_[index_of(from.owner->lane)];
    auto& state = from.owner->states[from.begin];
    if (!startable(state)) continue;
    state.suspect = static_cast<std::uint8_t>(level + 1);
    ++out_[level];
  }
  taken.company = company_at(level, *from.owner);
  return taken;
}

company suspect_line::company_at(std::size_t level, const run& owner) const noexcept {
  if (level > 0) return level == 1 ? company::some : company::few;
  // Marks tell of all recipients up to one: with others before it that are more suspect it must not say less.
  const bool mixed =
      std::any_of(owner.died_upto.begin(), owner.died_upto.end(), [](auto at) { return at >= 0; });
  if (mixed || out_[0] > some) return company::many;
  return out_[0] > few ? company::some : company::few;
}

void suspect_line::over(const suspects_over& count) noexcept {
  for (std::size_t level = 0; level < count.size(); ++level) {
    out_[level] -= std::min(out_[level], count[level]);
  }
}

}  // namespace dispatch
