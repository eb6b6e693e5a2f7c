#include "actors/tracker/checkpoint_builder.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <utility>

#include "core/digest.hpp"
#include "core/job/resume.hpp"

namespace dispatch {
namespace {

constexpr std::size_t max_dead_per_letter = 128;
// Job hashes and results of one write: some 2 to 4 ms of Redis, in which nobody else is served, the reader of
// an urgent job least of all.
constexpr std::size_t max_records = 512;
// The same of documents: what a checkpoint carries is in memory twice while it is being sent.
constexpr std::size_t max_bytes = 2u << 20;

result_record result_of(const work_item& item, const ending& how, epoch_ms now) {
  const auto& owner = *item.owner;
  const auto& who = item.who();
  result_record record;
  record.tenant = owner.document->tenant;
  record.job = owner.document->id;
  record.recipient = who.index;
  record.recipient_id = who.id;
  record.token_sha256 = token_hash(who.target);
  record.platform = who.platform;
  record.outcome = how.result;
  record.reason = how.reason;
  record.attempts = how.attempts;
  record.provider_id = how.provider_id;
  record.correlation_id = owner.correlation_id;
  record.traceparent = owner.traceparent;
  record.at = now;
  return record;
}

token_event token_event_of(const work_item& item, const ending& how, epoch_ms now) {
  token_event event;
  event.quarantined = how.result == outcome::quarantined;
  event.tenant = item.owner->document->tenant;
  event.platform = item.who().platform;
  event.token = item.who().target;
  event.reason = how.reason;
  event.job = item.owner->document->id;
  event.at = now;
  return event;
}

// Rests that become due within the same second travel together: a bulk job whose recipients all back off
// would otherwise be written once per recipient.
epoch_ms whole_second(epoch_ms at) {
  return std::chrono::ceil<std::chrono::seconds>(at);
}

// Where these recipients stand, for whoever takes them up again.
std::string rest_of(const run_ptr& owner, std::span<const std::size_t> positions) {
  resume_state resume;
  resume.stored_at = owner->stored_at;
  resume.has_hash = owner->has_hash;
  for (auto position : positions) {
    resume.indices.push_back(owner->document->recipients[position].index);
    resume.attempts.push_back(owner->states[position].attempts);
  }
  return encode(resume);
}

rest_writer::rest rest_document(run& owner, std::span<const std::size_t> positions) {
  return owner.rests.write(*owner.document, positions, owner.shared ? owner.shared->stored : nullptr);
}

parked parked_rest(const run_ptr& owner, const source& to, std::optional<epoch_ms> due,
                   std::span<const std::size_t> positions) {
  auto rest = rest_document(*owner, positions);
  return {to,
          due,
          std::move(rest.document),
          rest_of(owner, positions),
          owner->correlation_id,
          owner->traceparent,
          std::move(rest.content)};
}

}  // namespace

// A run's number is for life: what comes of it later must not overtake what could not be written.
unit_number checkpoint_builder::unit_of(const run_ptr& owner) {
  auto& tallies = tags_.tallies;
  if (owner->unit == 0) owner->unit = next_unit_++;
  if (owner->tally >= tallies.size() || tallies[owner->tally].owner != owner) {
    owner->tally = tallies.size();
    tallies.push_back({owner->unit, owner, 0});
  }
  return owner->unit;
}

void checkpoint_builder::finish(const std::vector<entry_ref>& entries,
                                const std::vector<dead_letter>& letters, const std::vector<parked>& moved,
                                const run_ptr& of) {
  if (entries.empty() && letters.empty() && moved.empty()) return;
  const auto unit = of ? unit_of(of) : next_unit_++;
  if (!of) tags_.tallies.push_back({unit, nullptr, 0});
  content_->done.insert(content_->done.end(), entries.begin(), entries.end());
  content_->parks.insert(content_->parks.end(), moved.begin(), moved.end());
  for (const auto& letter : letters) add_letter(letter);
  tags_.done.resize(content_->done.size(), unit);
  tags_.parks.resize(content_->parks.size(), unit);
  tags_.dead.resize(content_->dead.size(), unit);
}

void checkpoint_builder::end(const work_item& item, ending how, epoch_ms now, bool counted) {
  auto& owner = *item.owner;
  auto& state = item.state();
  if (state.ended) return;
  const auto unit = unit_of(item.owner);
  if (counted) {
    ++recipients_;
    ++tags_.tallies[owner.tally].recipients;
  }
  if (owner.has_hash) count(item.owner, how.result);
  if (owner.lane == lane::results) {
    ++content_->posts_ended;  // itself no job's result
  } else {
    tell(item, how, now);
  }
  tags_.results.resize(content_->results.size(), unit);
  if (how.result == outcome::invalid_token || how.result == outcome::quarantined) note_token(item, how, now);
  tags_.tokens.resize(content_->tokens.size(), unit);
  tags_.withheld.resize(content_->withheld.size(), unit);
  if (how.result == outcome::dead) {
    const auto [at, fresh] = dead_places_.try_emplace(&owner, dead_.size());
    if (fresh) {
      dead_.push_back({item.owner, {}, {}});
      bytes_ += owner.document->document.size();  // about what its letters will hold
    }
    auto& letters = dead_[at->second];
    letters.positions.push_back(item.position);
    letters.last = std::move(how);
  }
  leave(item);
  limit(now);
}

void checkpoint_builder::limit(epoch_ms now) {
  const auto records = content_->results.size() + content_->jobs.size() + posts_.size();
  if (records >= max_records || bytes_ >= max_bytes) full_.push_back(close(now));
}

void checkpoint_builder::tell(const work_item& item, const ending& how, epoch_ms now) {
  const auto level = config_->results.level;
  if (level == results_level::all || (level == results_level::failures && how.result != outcome::delivered)) {
    content_->results.push_back(result_of(item, how, now));
  }
  const auto* to = results_receiver(config_->tenants, item.owner->document->tenant);
  if (to != nullptr && result_posts::wanted(*to, how.result)) posts_.add(item, how, now, *to);
}

void checkpoint_builder::note_token(const work_item& item, const ending& how, epoch_ms now) {
  auto event = token_event_of(item, how, now);
  if (how.dead && !how.dead->believed) {
    event.reason = how.dead->reason;
    content_->withheld.push_back(
        {std::string(how.dead->scope), std::move(event), how.dead->token, how.dead->until});
    return;
  }
  content_->tokens.push_back(std::move(event));
  if (how.dead && how.dead->until.count() > 0) {
    dead_tokens_.marks.push_back({how.dead->token, how.dead->until, how.dead->endpoint});
  }
}

void checkpoint_builder::count(const run_ptr& owner, outcome result, std::uint32_t times) {
  const auto [at, fresh] = counts_.try_emplace(owner.get(), counted_run{owner, content_->jobs.size()});
  if (fresh) {
    const bool only = owner->first_entry && owner->states.size() == 1;
    content_->jobs.push_back({std::string(owner->document->tenant),
                              std::string(owner->document->id),
                              {},
                              only,
                              owner->correlation_id,
                              owner->traceparent});
    tags_.jobs.push_back(unit_of(owner));
    if (const auto* to = results_receiver(config_->tenants, owner->document->tenant))
      posts_.watch(owner, at->second.place, *to);
  }
  content_->jobs[at->second.place].add[index_of(result)] += times;
}

void checkpoint_builder::cut(const settlement::cut& what) {
  const auto& document = *what.owner->document;
  const auto unit = unit_of(what.owner);
  if (what.count > 0) {
    content_->cuts.push_back(
        {std::string(document.tenant), std::string(document.id), what.first, what.count});
  }
  if (what.unusable > 0) count(what.owner, outcome::dead, what.unusable);
  for (const auto& rest : what.rests) add_rest(rest);
  tags_.cuts.resize(content_->cuts.size(), unit);
  tags_.parks.resize(content_->parks.size(), unit);
  if (what.last) add_done(what.owner);
}

void checkpoint_builder::leave(const work_item& item) {
  auto& owner = *item.owner;
  item.state().ended = true;
  if (const auto level = std::exchange(item.state().suspect, 0); level > 0) ++suspects_[level - 1u];
  if (--owner.open == 0) add_done(item.owner);
  if (owner.states.size() == 1) return;
  owner.progress[item.position / 8] = static_cast<char>(
      static_cast<unsigned char>(owner.progress[item.position / 8]) | 1u << item.position % 8);
  if (moved_known_.insert(&owner).second) moved_.push_back(item.owner);
}

// In the same write as the counters: a run that is taken up again elsewhere goes on where these stand.
void checkpoint_builder::seal_progress() {
  for (const auto& owner : moved_) {
    const auto unit = unit_of(owner);
    if (owner->open > 0) {
      content_->progress.push_back({owner->where, owner->progress});
      owner->progress_stored = true;
    } else if (std::exchange(owner->progress_stored, false)) {
      content_->progress.push_back({owner->where, {}});
    }
    tags_.progress.resize(content_->progress.size(), unit);
  }
  moved_.clear();
  moved_known_.clear();
}

void checkpoint_builder::use(const stored_content_ptr& content) {
  if (!content || !content->text) return;  // of one that is gone nothing is stored, and nothing counted
  const auto [at, fresh] = content_places_.try_emplace(content->ref, content_->contents.size());
  if (fresh) {
    content_->contents.push_back({content, 0});
    bytes_ += content->text->size();
  }
  ++content_->contents[at->second].more;
}

void checkpoint_builder::add_rest(parked rest) {
  use(rest.content);
  bytes_ += rest.document.size();
  content_->parks.push_back(std::move(rest));
}

void checkpoint_builder::add_letter(dead_letter letter) {
  use(letter.content);
  bytes_ += letter.document.size();
  content_->dead.push_back(std::move(letter));
}

void checkpoint_builder::park(const std::vector<settlement::park>& parks, epoch_ms now, bool counted) {
  using group = std::tuple<run*, std::string, std::optional<epoch_ms>>;
  struct rest_of_run {
    const settlement::park* first;
    std::optional<epoch_ms> due;
    std::vector<std::size_t> positions;
  };
  std::map<group, std::size_t> places;
  std::vector<rest_of_run> rests;
  for (const auto& rest : parks) {
    const auto due = rest.due ? std::optional(whole_second(*rest.due)) : std::nullopt;
    const auto [at, fresh] = places.try_emplace({rest.item.owner.get(), rest.to.scope, due}, rests.size());
    if (fresh) rests.push_back({&rest, due, {}});
    rests[at->second].positions.push_back(rest.item.position);
  }
  for (auto& [first, due, positions] : rests) {
    std::sort(positions.begin(), positions.end());
    const std::span<const std::size_t> all(positions);
    const auto most = first->most > 0 ? first->most : all.size();
    for (std::size_t from = 0; from < all.size(); from += most) {
      const auto part = all.subspan(from, std::min<std::size_t>(most, all.size() - from));
      const auto unit = unit_of(first->item.owner);
      for (auto position : part) leave({first->item.owner, static_cast<std::uint32_t>(position)});
      if (counted) {
        recipients_ += static_cast<std::uint32_t>(part.size());
        tags_.tallies[first->item.owner->tally].recipients += static_cast<std::uint32_t>(part.size());
      }
      add_rest(parked_rest(first->item.owner, first->to, due, part));
      tags_.parks.resize(content_->parks.size(), unit);
      limit(now);
    }
  }
}

void checkpoint_builder::seal_letters(epoch_ms now) {
  for (auto& items : dead_) {
    std::sort(items.positions.begin(), items.positions.end());
    const std::span<const std::size_t> all(items.positions);
    for (std::size_t from = 0; from < all.size(); from += max_dead_per_letter) {
      const auto part = all.subspan(from, std::min(max_dead_per_letter, all.size() - from));
      dead_letter letter;
      letter.tenant = items.owner->document->tenant;
      auto rest = rest_document(*items.owner, part);
      letter.document = std::move(rest.document);
      letter.content = std::move(rest.content);
      letter.reason = items.last.reason;
      letter.detail = items.last.detail;
      letter.attempts = items.last.attempts;
      letter.source_id = items.owner->where.id;
      letter.at = now;
      letter.resume = rest_of(items.owner, part);
      letter.lane = to_string(items.owner->lane);
      letter.correlation_id = items.owner->correlation_id;
      letter.traceparent = items.owner->traceparent;
      add_letter(std::move(letter));
      tags_.dead.resize(content_->dead.size(), unit_of(items.owner));
    }
  }
  dead_.clear();
  dead_places_.clear();
}

checkpoint_builder::sealed checkpoint_builder::seal(epoch_ms now) {
  if (full_.empty()) return close(now);
  auto oldest = std::move(full_.front());
  full_.pop_front();
  return oldest;
}

checkpoint_builder::sealed checkpoint_builder::close(epoch_ms now) {
  seal_letters(now);
  seal_progress();
  posts_.seal(*content_, now);
  counts_.clear();
  content_places_.clear();
  bytes_ = 0;
  return {std::exchange(content_, std::make_shared<checkpoint>()),
          std::exchange(tags_, {}),
          std::exchange(recipients_, 0),
          std::exchange(settled_, 0),
          std::exchange(suspects_, {}),
          std::exchange(dead_tokens_, {})};
}

}  // namespace dispatch
