#pragma once

// What of a checkpoint stands or falls together. Everything about a run is one unit: its counters, its
// bitmap, its letters, rests and tokens, the end of its entry. When a key that one of them needs is spoiled,
// its units are taken out, and the rest is written without them.

#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include "actors/run.hpp"
#include "storage/records.hpp"

namespace dispatch {

using unit_number = std::uint32_t;
using unit_set = std::unordered_set<unit_number>;

/// Posts to tenants, which gather many runs, and how many of them have ended.
inline constexpr unit_number unit_of_posts = 1;
inline constexpr unit_number first_unit = 2;

/// By the places of checkpoint's vectors: whose each part is.
struct unit_tags {
  struct tally {
    unit_number unit = 0;
    run_ptr owner;                 ///< none: entries without a run
    std::uint32_t recipients = 0;  ///< see checkpoint_builder::sealed
  };
  std::vector<unit_number> done, progress, jobs, results, tokens, withheld, dead, parks, cuts;
  std::vector<tally> tallies;  ///< in order of arrival; a unit may have several
};

struct tagged_checkpoint {
  std::shared_ptr<const checkpoint> content = std::make_shared<checkpoint>();
  unit_tags tags;

  bool empty() const noexcept {
    return tags.tallies.empty() && content->posts.empty() && content->posts_ended == 0 &&
           content->contents.empty();
  }
  std::uint32_t recipients() const noexcept {
    std::uint32_t sum = 0;
    for (const auto& one : tags.tallies) sum += one.recipients;
    return sum;
  }
  bool holds_any(const unit_set& units) const;
};

unit_set units_needing(const tagged_checkpoint& what, const unusable_parts& unusable);
/// What is of these units leaves `from`. Contents stay, with all references counted: what refers to them
/// finds them.
tagged_checkpoint take_out(tagged_checkpoint& from, const unit_set& units);
void append(tagged_checkpoint& to, tagged_checkpoint&& more);

}  // namespace dispatch
