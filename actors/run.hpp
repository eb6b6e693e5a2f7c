#pragma once

// One job (or the parked rest of one) while the engine works on it: the parsed document, where it was read,
// and where each recipient stands. Shared by the items that point into it.
//
// Who may touch what: the document is immutable. `compiled` is made once by whichever sender needs it first.
// A recipient's state belongs to whoever holds its work item at the moment (intake, sender, channel, tracker,
// supervisor, retry in turn): the hand-over is a message, so no two touch it at once. `open` and `done` are
// the tracker's.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/tracker/rest_writer.hpp"
#include "core/job/job.hpp"
#include "storage/records.hpp"
#include "transport/providers/adapter.hpp"

namespace dispatch {

/// By level (suspect_line): how many are over.
using suspects_over = std::array<std::uint32_t, company_count>;

/// What an operator wants of the job. Set by the intake, read by all.
enum class run_mode : std::uint8_t { running, paused, cancelled };

/// What the tracker wants of a run of which something cannot be written (a spoiled key): nothing more of it
/// is to be read, or started either.
enum class run_hold : std::uint8_t { none, aside, held };

struct recipient_state {
  bool startable() const noexcept { return !ended && !withheld; }

  std::uint16_t attempts = 0;
  bool probe = false;      ///< sent as a half-open breaker's probe
  bool refreshed = false;  ///< the credential was already renewed once on its account
  bool ended = false;
  bool withheld = false;     ///< the intake has settled it: not to be started
  std::uint8_t suspect = 0;  ///< 1 + its level in the intake's suspect_line, until it is over
};

/// Messages as their providers' adapters compile them: once a job and platform, by whichever sender needs it
/// first.
class compiled_messages {
 public:
  const compiled_message& of(const job& source, platform target, const provider_adapter& adapter) {
    const auto at = index_of(target);
    std::call_once(once_[at], [&] { compiled_[at] = adapter.compile(source, target); });
    return *compiled_[at];
  }

 private:
  std::array<std::once_flag, platform_count> once_;
  std::array<std::unique_ptr<compiled_message>, platform_count> compiled_;
};

/// What rests of a job that refer to its content have in common, while any of them is loaded.
struct shared_content {
  std::shared_ptr<const job> document;
  stored_content_ptr stored;
  compiled_messages compiled;
};

struct run {
  std::unique_ptr<dispatch::job> document;
  entry_ref where;
  dispatch::lane lane = dispatch::lane::normal;
  epoch_ms stored_at{};
  bool has_hash = false;
  bool first_entry = true;  ///< as the producer wrote it; else a parked rest
  std::string correlation_id, traceparent;
  std::vector<recipient_state> states;
  progress_bitmap progress;  ///< the tracker's; empty for a single recipient
  std::atomic<run_mode> mode{run_mode::running};
  std::atomic<run_hold> unwritten{run_hold::none};  ///< set by the tracker, read by the intake
  std::uint32_t unit = 0;                           ///< the tracker's: see actors/tracker/units.hpp
  std::size_t tally = 0;                      ///< the tracker's: its place in the checkpoint being gathered
  bool from_origin = false;                   ///< read from the waiting list of an origin's scope
  bool recovered = false;                     ///< a process died that had it
  dispatch::died_upto died_upto{-1, -1, -1};  ///< … and what it, or one before it, had started
  bool looked_up = false;                     ///< the intake's: its tokens are known, or being asked for …
  std::uint32_t looking_up = 0;               ///< … so many of them
  bool progress_stored = false;               ///< Redis holds one, to be removed at the end
  std::uint32_t open = 0;
  std::shared_ptr<shared_content> shared{};  ///< of a rest that refers to its job's content
  rest_writer rests{};                       ///< the tracker's

  const compiled_message& compiled(platform target, const provider_adapter& adapter) {
    return shared ? shared->compiled.of(*shared->document, target, adapter)
                  : compiled_.of(*document, target, adapter);
  }

 private:
  compiled_messages compiled_;
};
using run_ptr = std::shared_ptr<run>;

/// One recipient of one run: what moves through the engine.
struct work_item {
  run_ptr owner;
  std::uint32_t position = 0;

  const dispatch::recipient& who() const { return owner->document->recipients[position]; }
  recipient_state& state() const { return owner->states[position]; }
};

}  // namespace dispatch
