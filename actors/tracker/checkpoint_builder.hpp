#pragma once

// Gathers what the next write to storage holds: outcomes counted per job, entries that are over, results,
// token events, dead letters, parked rests. Plain data; belongs to the tracker.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/live_settings.hpp"
#include "actors/messages.hpp"
#include "actors/tracker/result_posts.hpp"
#include "actors/tracker/units.hpp"
#include "storage/records.hpp"

namespace dispatch {

/// A token the provider called dead.
struct dead_token {
  token_fingerprint token;
  epoch_ms until{0};        ///< not to be sent to; 0 = it may be
  bool believed = true;     ///< else withheld, for an operator to decide
  std::string_view scope;   ///< whose word it is
  std::string_view reason;  ///< in the provider's terms
  std::string endpoint{};   ///< of a webhook: what operators are to see of it (see suppress_mark)
};

/// How one recipient ended, as far as results and dead letters tell of it.
struct ending {
  outcome result{};
  std::string_view reason;
  std::string detail;
  std::uint32_t attempts = 0;
  std::string provider_id;
  std::optional<dead_token> dead;
};

class checkpoint_builder {
 public:
  /// `config` outlives it; a reload changes the results' level.
  explicit checkpoint_builder(const live_settings& config) : config_(config) {}

  /// The recipient is over. `counted`: it still counts in max_in_flight (it was handed to a sender).
  void end(const work_item& item, ending how, epoch_ms now, bool counted);
  /// These leave memory for a waiting list or the schedule.
  void park(const std::vector<settlement::park>& parks, epoch_ms now, bool counted);
  void cut(const settlement::cut& what);
  /// Entries that are over without a run; letters, and rests that go elsewhere as they are (their references
  /// with them), in their place. `of`: the run of a cut that they belong to.
  void finish(const std::vector<entry_ref>& entries, const std::vector<dead_letter>& letters,
              const std::vector<parked>& moved, const run_ptr& of);

  /// So many of the intake's settlements are in here.
  void count_settled(std::uint32_t count) { settled_ += count; }

  bool empty() const noexcept {
    return full_.empty() && content_->empty() && counts_.empty() && dead_.empty() && settled_ == 0;
  }

  struct sealed {
    std::shared_ptr<const checkpoint> content;
    unit_tags tags{};              ///< whose the content is
    std::uint32_t recipients = 0;  ///< ends among them that count in max_in_flight
    std::uint32_t settled = 0;     ///< see count_settled()
    suspects_over suspects{};
    dead_tokens dead;  ///< to be suppressed once the content is written
  };
  /// What has been gathered, the oldest first, as much as should be written at once.
  sealed seal(epoch_ms now);

 private:
  sealed close(epoch_ms now);
  /// Begins the next checkpoint when this one is as large as one should be.
  void limit(epoch_ms now);
  void count(const run_ptr& owner, outcome result, std::uint32_t times = 1);
  void note_token(const work_item& item, const ending& how, epoch_ms now);
  /// To NS:results, and to the tenant.
  void tell(const work_item& item, const ending& how, epoch_ms now);
  void leave(const work_item& item);
  void add_rest(parked rest);
  void add_letter(dead_letter letter);
  /// A rest or letter more refers to this (null: it does not).
  void use(const stored_content_ptr& content);
  unit_number unit_of(const run_ptr& owner);
  void add_done(const run_ptr& owner) {
    content_->done.push_back(owner->where);
    tags_.done.push_back(unit_of(owner));
  }
  void seal_progress();
  void seal_letters(epoch_ms now);

  struct dead_items {
    run_ptr owner;
    std::vector<std::size_t> positions;
    ending last;
  };

  const live_settings& config_;
  /// At most engine.max_in_flight recipients are in here and in content_.
  std::deque<sealed> full_;
  std::shared_ptr<checkpoint> content_ = std::make_shared<checkpoint>();
  unit_tags tags_;
  unit_number next_unit_ = first_unit;
  struct counted_run {
    run_ptr owner;          ///< kept alive: its address is the key
    std::size_t place = 0;  ///< in content_->jobs
  };
  std::unordered_map<const run*, counted_run> counts_;
  // By address for the look-up, in order of arrival for the writing: the same run writes the same
  // checkpoints.
  std::unordered_map<const run*, std::size_t> dead_places_;
  std::vector<dead_items> dead_;
  std::unordered_set<const run*> moved_known_;
  std::vector<run_ptr> moved_;  ///< runs of several recipients some of which left
  std::unordered_map<std::string_view, std::size_t> content_places_;  ///< in content_->contents, by reference
  std::size_t bytes_ = 0;  ///< of documents and contents in content_
  result_posts posts_;
  dead_tokens dead_tokens_;
  std::uint32_t recipients_ = 0;
  std::uint32_t settled_ = 0;
  suspects_over suspects_{};
};

}  // namespace dispatch
