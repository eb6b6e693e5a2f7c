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
#include "core/token_fingerprint.hpp"
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

/// How many others taken over were started and not over when a recipient was: the fewer, the more suspect it
/// is should the process die.
enum class company : std::uint8_t { many, some, few };
inline constexpr std::size_t company_count = 3;
/// By company: recipients up to this position were started in it, and their process died; -1: none.
using died_upto = std::array<std::int64_t, company_count>;

/// The content of a job (content_document()) as its rests and dead letters refer to it: stored once, as
/// NS:content:REF, counted, and gone with the last that refers to it.
struct stored_content {
  std::string ref;                          ///< "TENANT:ID:DIGEST"
  std::shared_ptr<const std::string> text;  ///< null when it could not be had
};
using stored_content_ptr = std::shared_ptr<const stored_content>;

enum class content_state : std::uint8_t {
  none,     ///< the document is whole
  there,    ///< the document holds recipients alone
  missing,  ///< … and their content is gone
  unusable  ///< … or its key holds something else, which may be mended
};

struct entry {
  std::string id;  ///< the stream's, "MS-SEQ"
  std::string document;
  std::string correlation_id;
  std::string traceparent;
  std::string resume;  ///< of a parked rest: see core/job/resume.hpp; empty on a lane
  dispatch::content_state has_content = content_state::none;
  stored_content_ptr content{};  ///< unless `none`; one object for all entries of an answer that share it
  std::uint32_t deliveries = 1;  ///< how often it was given to a process, this time included (Redis's count)
  // Of an entry taken over:
  bool recovered = false;
  std::string progress;  ///< the bitmap of what was over
  dispatch::died_upto died_upto{-1, -1, -1};
  std::int64_t died_alone = -1;    ///< the recipient a process died of that ran it alone …
  std::uint32_t deaths_alone = 0;  ///< … and how often
};

/// Which of a job's recipients are over: bit (position % 8) of byte (position / 8) of the document's
/// recipients.
using progress_bitmap = std::string;

struct entry_ref {
  source_ptr from;
  std::string id;
  std::string content{};  ///< what it refers to (stored_content::ref); its end is one reference less
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

/// What is about to start of entries taken over, stored before it does.
struct suspect_marks {
  struct mark {
    entry_ref where;
    std::uint32_t position = 0;
    dispatch::company company{};
  };
  std::vector<mark> started;  ///< entries, and up to which recipient they will have been started in a company
  std::optional<mark> alone;  ///< the recipient the process runs alone from now on; none: it runs others too
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
  /// The name of the list when it has one instead of recipients; `total` is found when it is taken over.
  std::string audience{};
};
enum class acceptance_result : std::uint8_t {
  accepted,
  resumed,      ///< this very entry was accepted before (redelivered)
  repeat,       ///< another entry, same document: acknowledge, count, send nothing
  conflict,     ///< another entry, different document: dead letter `id_conflict`
  cancelled,    ///< by an operator: its recipients end so
  paused,       ///< by an operator: its recipients are parked until it is resumed
  no_audience,  ///< there is no such list: the job is over, `dead`
  unusable      ///< its record or its audience holds what it should not: ask again, it may be mended
};

/// Part of a job's audience: JSON texts of recipients, as the producer wrote them.
struct audience_window {
  std::uint64_t first = 0;            ///< position of the first in the whole audience
  std::vector<std::string> elements;  ///< one over audience_element_limit is cut after that and a byte
  std::uint64_t remaining = 0;        ///< behind these
};
inline constexpr std::size_t audience_element_limit = 64u << 10;

/// These have left the head of the job's audience. By position, so that two processes that hold the same
/// entry (a group made anew) at worst send twice.
struct audience_cut {
  std::string tenant, job;
  std::uint64_t first = 0;
  std::uint32_t count = 0;
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
  bool only_recipient = false;                  ///< the job has one, and this is its end: written in one step
  std::string correlation_id{}, traceparent{};  ///< go into the result that says it is done
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

/// A token called dead and not believed: kept until an operator accepts or discards it.
struct withheld_token {
  std::string scope;       ///< "fcm:default"
  token_event event;       ///< what becomes of it once accepted
  token_fingerprint mark;  ///< … and marked as suppressed
  epoch_ms until{0};       ///< … until then; 0 = not at all
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
  stored_content_ptr content{};  ///< as of `parked`
};

/// The rest of a job that cannot start now: it leaves its entry for a waiting list, or for the schedule.
struct parked {
  source to;                    ///< the waiting list it will be read from
  std::optional<epoch_ms> due;  ///< set: not before then, kept in the schedule until
  std::string document;
  std::string resume;
  std::string correlation_id;
  std::string traceparent;
  stored_content_ptr content{};  ///< then `document` holds recipients alone
};

/// More rests and dead letters refer to a content.
struct content_use {
  stored_content_ptr content;
  std::uint32_t more = 0;
};

/// A message to a tenant about its jobs: an entry of the results lane, unless too many have not ended.
struct result_post {
  std::string document;
  std::string correlation_id;
  std::string traceparent;
};

/// Posted when this checkpoint ends the job: state, counts and times, which only the script knows, stand
/// between `head` and `tail` (docs/result-webhooks.md).
struct completion_post {
  std::size_t job = 0;  ///< its place in checkpoint::jobs
  std::string head, tail;
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
  std::vector<withheld_token> withheld;
  std::vector<dead_letter> dead;
  std::vector<parked> parks;
  std::vector<content_use> contents;  ///< of `parks` and `dead`, each once; those of `done` say so themselves
  std::vector<audience_cut> cuts;
  std::vector<result_post> posts;
  std::vector<completion_post> completions;
  std::uint32_t posts_ended = 0;
  bool empty() const noexcept {
    return done.empty() && progress.empty() && jobs.empty() && results.empty() && tokens.empty() &&
           withheld.empty() && dead.empty() && parks.empty() && cuts.empty() && posts.empty();
  }
};

/// What of a checkpoint cannot be written because of keys that hold what they should not: everything that
/// needs one of a kind, or places in the checkpoint's vectors.
struct unusable_parts {
  bool waiting = false;  ///< parks without a time
  bool due = false;      ///< parks with one
  bool tokens = false, dead = false, progress = false;
  bool posts = false;  ///< posts, those that have ended, and jobs with a completion
  std::vector<std::size_t> parks, jobs, cuts, withheld;
};

/// A token of a rate limit's virtual schedule, see core/policy/permit_schedule.hpp. All on Redis's clock.
struct limit_ask {
  std::string scope;  ///< names the key: provider:app, with :origin where there are many, "tenant:" name
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
  std::uint32_t processes = 0;            ///< whose lease holds
  std::uint64_t fenced = 0;               ///< processes refused so far because their work had been taken over
  std::uint64_t posts_open = 0;           ///< result posts that have not ended …
  std::uint64_t posts_dropped = 0;        ///< … and those dropped so far because these were too many
  bool tokens_suppressed = false;         ///< any
  bool paused_known = true;               ///< `paused` says what operators want
  std::vector<std::string> spoiled;       ///< kinds of keys that hold what they should not (docs/storage.md)
  std::string durability_warning;         ///< empty when persistence is on and maxmemory-policy is noeviction
};

}  // namespace dispatch
