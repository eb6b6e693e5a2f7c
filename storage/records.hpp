#pragma once

// What goes into storage and comes out of it, free of Redis. Keys and fields: docs/storage.md and the
// contract.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/job/job.hpp"
#include "core/types.hpp"

namespace dispatch {

/// A stream entries are read from: a lane (scope empty), or a scope's waiting list within a lane.
/// The scope "ready" is the list of what became due (a schedule, a parked retry): nothing holds it.
struct source {
  dispatch::lane lane = dispatch::lane::normal;
  std::string scope;
  bool operator==(const source&) const = default;
};
using source_ptr = std::shared_ptr<const source>;

inline constexpr std::string_view ready_scope = "ready";

struct entry {
  std::string id;  ///< the stream's, "MS-SEQ"
  std::string document;
  std::string correlation_id;
  std::string traceparent;
  std::string resume;            ///< of a parked rest: see core/job/resume.hpp; empty on a lane
  std::uint32_t deliveries = 1;  ///< how often it was given to a process, this time included (Redis's count)
  // Of an entry taken over:
  std::string progress;            ///< the bitmap of what was over
  std::uint32_t recoveries = 0;    ///< how often it was taken over since it last got anywhere
  std::uint32_t deaths_alone = 0;  ///< how often its process died while it ran alone
};

/// Which of a job's recipients are over: bit (position % 8) of byte (position / 8) of the document's
/// recipients.
using progress_bitmap = std::string;

struct entry_ref {
  source_ptr from;
  std::string id;
};

struct read_ask {
  source_ptr from;
  std::uint32_t count = 0;  ///< entries at most
};

struct read_batch {
  source_ptr from;
  std::vector<entry> entries;
  bool drained = false;  ///< the stream had no more than this when it was read
};

/// A job to be made known before anything of it is sent.
struct acceptance {
  std::string tenant, id;
  dispatch::lane lane{};
  std::uint64_t total = 0;
  std::string sha256;  ///< of the document, hex
  entry_ref where;
  epoch_ms created_at{};
  bool scheduled = false;  ///< state becomes `scheduled` instead of `running`
  bool rest = false;       ///< a parked rest: the job is known, only its state is asked for
};
enum class acceptance_result : std::uint8_t {
  accepted,
  resumed,    ///< this very entry was accepted before (redelivered)
  repeat,     ///< another entry, same document: acknowledge, count, send nothing
  conflict,   ///< another entry, different document: dead letter `id_conflict`
  cancelled,  ///< by an operator: its recipients end so
  paused      ///< by an operator: its recipients are parked until it is resumed
};

/// How far the entry of a job with several recipients has come; an empty bitmap forgets it (with the entry's
/// end).
struct entry_progress {
  entry_ref where;
  progress_bitmap ended;
};

/// What one checkpoint adds to one job's hash.
struct job_progress {
  std::string tenant, id;
  std::array<std::uint32_t, outcome_count> add{};
};

struct result_record {
  std::string tenant, job;
  std::uint64_t recipient = 0;
  std::string recipient_id;
  std::string token_sha256;
  dispatch::platform platform{};
  dispatch::outcome outcome{};
  std::string reason;
  std::uint32_t attempts = 0;
  std::string provider_id;
  std::string correlation_id;
  std::string traceparent;
  epoch_ms at{};
};

struct token_event {
  bool quarantined = false;  ///< else invalid
  std::string tenant;
  dispatch::platform platform{};
  std::string token;  ///< in clear: the producer must delete it
  std::string reason;
  std::string job;
  epoch_ms at{};
};

struct dead_letter {
  std::string tenant;
  std::string document;  ///< can be sent again, only the dead recipients (at most 128); or the raw payload
  std::string reason;
  std::string detail;
  std::uint32_t attempts = 0;
  std::string source_id;
  epoch_ms at{};
  // For a redrive, empty when the payload was unusable:
  std::string resume{};  ///< see core/job/resume.hpp
  std::string lane{};
  std::string correlation_id{}, traceparent{};
};

/// The rest of a job that cannot start now: it leaves its entry for a waiting list, or for the schedule.
struct parked {
  source to;                    ///< the waiting list it will be read from
  std::optional<epoch_ms> due;  ///< set: not before then, kept in the schedule until
  std::string document;
  std::string resume;
  std::string correlation_id;
  std::string traceparent;
};

/// Everything one flush writes, all or nothing.
struct checkpoint {
  std::vector<entry_ref> done;  ///< acknowledged and deleted
  std::vector<entry_progress> progress;
  std::vector<job_progress> jobs;
  std::vector<result_record> results;
  std::vector<token_event> tokens;
  std::vector<dead_letter> dead;
  std::vector<parked> parks;
  bool empty() const noexcept {
    return done.empty() && progress.empty() && jobs.empty() && results.empty() && tokens.empty() &&
           dead.empty() && parks.empty();
  }
};

/// A token of a rate limit's virtual schedule, see core/policy/permit_schedule.hpp. All on Redis's clock.
struct limit_ask {
  std::string scope;  ///< names the key: provider:app, "tenant:" name, "host:" origin
  double rate = 0;    ///< per second
  double burst = 0;
};
struct limit_lease {
  std::uint32_t granted = 0;
  std::int64_t first_slot_us = 0;
  double interval_us = 0;
  std::int64_t lapse_us = 0;
  std::int64_t now_us = 0;  ///< when the script ran
};

/// NS:breaker:SCOPE as the contract has it, plus how often it opened in a row.
struct breaker_record {
  std::string state;  ///< closed open half_open forced_open forced_closed
  std::uint32_t failures = 0;
  epoch_ms opened_at{0};
  epoch_ms retry_at{0};
  std::chrono::milliseconds open_for{0};
  std::string reason;
  std::uint64_t version = 0;  ///< grows by one with each stored change
};

/// Something every process must know within a second (breaker changes, pauses, cancels, releases).
struct control_event {
  std::string kind;                                         ///< "breaker", "cancel", "pause", "release", …
  std::vector<std::pair<std::string, std::string>> fields;  ///< by kind, see docs/storage.md
};

struct lane_sample {
  std::uint64_t depth = 0;    ///< XLEN
  std::uint64_t pending = 0;  ///< XPENDING, all consumers
  std::chrono::milliseconds oldest_age{0};
};
struct store_sample {
  std::array<lane_sample, lane_count> lanes{};
  std::vector<std::pair<source, std::uint64_t>> waiting;  ///< waiting lists and their lengths
  std::uint64_t dead_letters = 0;
  std::uint64_t scheduled = 0;
  std::optional<epoch_ms> next_due;
  std::array<bool, lane_count> paused{};  ///< lanes an operator has paused
  std::string durability_warning;         ///< empty when persistence is on and maxmemory-policy is noeviction
};

}  // namespace dispatch
