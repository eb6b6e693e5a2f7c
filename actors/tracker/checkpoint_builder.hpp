#pragma once

// Gathers what the next write to storage holds: outcomes counted per job, entries that are over, results,
// token events, dead letters, parked rests. Plain data; belongs to the tracker.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/live_settings.hpp"
#include "actors/messages.hpp"
#include "storage/records.hpp"

namespace dispatch {

/// How one recipient ended, as far as results and dead letters tell of it.
struct ending {
  outcome result{};
  std::string_view reason;
  std::string detail;
  std::uint32_t attempts = 0;
  std::string provider_id;
};

class checkpoint_builder {
 public:
  /// `config` outlives it; a reload changes the results' level.
  explicit checkpoint_builder(const live_settings& config) : config_(config) {}

  /// The recipient is over. `counted`: it still counts in max_in_flight (it was handed to a sender).
  void end(const work_item& item, ending how, epoch_ms now, bool counted);
  /// These leave memory for a waiting list or the schedule.
  void park(const std::vector<settlement::park>& parks, bool counted);
  void finish_entry(const entry_ref& where) { content_->done.push_back(where); }
  void add_letter(dead_letter letter) { content_->dead.push_back(std::move(letter)); }

  /// So many of the intake's settlements are in here.
  void count_settled(std::uint32_t count) { settled_ += count; }

  bool empty() const noexcept {
    return content_->empty() && counts_.empty() && dead_.empty() && settled_ == 0;
  }

  struct sealed {
    std::shared_ptr<const checkpoint> content;
    std::uint32_t recipients = 0;  ///< ends among them that count in max_in_flight
    std::uint32_t settled = 0;     ///< see count_settled()
  };
  /// What has been gathered; the builder starts anew.
  sealed seal(epoch_ms now);

 private:
  void count(const run_ptr& owner, outcome result);
  void leave(const work_item& item);
  void seal_progress();
  void seal_letters(epoch_ms now);

  struct dead_items {
    run_ptr owner;
    std::vector<std::size_t> positions;
    ending last;
  };

  const live_settings& config_;
  std::shared_ptr<checkpoint> content_ = std::make_shared<checkpoint>();
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
  std::uint32_t recipients_ = 0;
  std::uint32_t settled_ = 0;
};

}  // namespace dispatch
