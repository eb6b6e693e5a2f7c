#pragma once

// What the actors say to each other. Every message carries a batch; none is ever serialised (one process).

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/run.hpp"
#include "core/policy/circuit_breaker.hpp"
#include "storage/store.hpp"
#include "storage/token_store.hpp"
#include "transport/message.hpp"
#include "transport/providers/verdict.hpp"

namespace dispatch {

/// A scope is a provider and app, "fcm:default", where recipients live at many places with an origin,
/// "webhook:default:https://example.com". Its number is its place in engine_parts::scopes.
using scope_number = std::uint16_t;

/// A hand-over that happens once: whoever claims it is answerable for what it guards from then on. An actor
/// that crashed after it gets the message again and sees that there is nothing left to do.
class hand_over {
 public:
  /// True for the first caller only.
  bool claim() noexcept { return !taken_.exchange(true, std::memory_order_acq_rel); }
  bool taken() const noexcept { return taken_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> taken_{false};
};

/// intake → sender: send these now (the breaker allows it, the limits admitted it).
struct work_batch {
  scope_number scope = 0;
  dispatch::platform platform{};
  std::vector<work_item> items;
  hand_over sent;  ///< claimed by the sender right before the channel gets the batch
};
using work_batch_ptr = std::shared_ptr<work_batch>;

/// An item that ended before it reached the network: cannot be rendered, expired, cancelled.
struct local_end {
  work_item item;
  outcome result{};
  std::string_view reason;  ///< static text
  std::string detail;
};

/// channel → tracker: what one turn of the io thread's loop brought.
struct completion_batch {
  struct answered {
    work_item item;
    provider_answer answer;
    /// What the request carried, so that a late refusal condemns this credential and not its successor.
    std::shared_ptr<const header_list> credential;
  };
  scope_number scope = 0;
  std::vector<answered> answers;
  std::vector<local_end> ends;
  hand_over applied;  ///< claimed by the tracker; until then the channel keeps the batch
};
using completion_batch_ptr = std::shared_ptr<completion_batch>;

/// tracker → supervisor: answers of one scope in the order they came, for its breaker, with the items that
/// are not over yet and wait for the breaker's word on what they cost.
struct answers {
  struct unfinished {
    work_item item;
    verdict said;
  };
  scope_number scope = 0;
  struct health {
    breaker_answer what{};
    bool probe = false;  ///< of a half-open breaker; only these decide its round
    std::uint32_t count = 0;
  };
  std::vector<health> counted;       ///< run lengths
  std::uint64_t first_attempts = 0;  ///< among them, for the retry budget
  std::vector<unfinished> items;
  /// Room in the scope's window to be passed on to the intake once the breaker has had its say (a batch with
  /// failures must not be replaced by new work before that); 0: the tracker has told the intake itself.
  std::uint32_t room = 0;
  bool mass_invalid = false;  ///< too many of them call tokens dead: hold the scope
};

/// supervisor → retry: try again, or give up.
struct retry_batch {
  struct entry {
    work_item item;
    verdict said;
    bool costs_attempt = true;
  };
  scope_number scope = 0;
  bool blocked = false;              ///< the breaker is not closed: hand back at once, the intake parks
  std::uint64_t first_attempts = 0;  ///< made since the last batch: what the retry budget grows by
  std::vector<entry> entries;
};

/// intake → retry: these were parked for a retry and have come back; they may start again when the budget
/// allows.
struct returned_items {
  scope_number scope = 0;
  std::vector<work_item> items;
};

/// retry → intake: these may start again.
struct ready_items {
  scope_number scope = 0;
  std::vector<work_item> items;
  bool counted = false;  ///< they still count in max_in_flight, and leave it with this message
};

/// retry, intake → tracker: these ended without an answer, or leave memory for a waiting list.
/// A settlement with many items of one run parks them as one rest.
struct settlement {
  std::uint32_t size() const noexcept {
    return static_cast<std::uint32_t>(ends.size() + parks.size() + finished_entries.size() + letters.size() +
                                      cuts.size() + moved.size());
  }

  bool from_intake = false;  ///< the intake keeps count of what it has settled and is not yet written
  bool counted = false;      ///< the items still count in max_in_flight, until Redis has confirmed this
  std::vector<local_end> ends;
  struct park {
    work_item item;
    source to;
    std::optional<epoch_ms> due;
    std::uint32_t most = 0;  ///< recipients that may travel together; 0: all
  };
  std::vector<park> parks;
  /// Entries that are over without a run: repeats, and (with a letter) what could not be used.
  std::vector<entry_ref> finished_entries;
  std::vector<dead_letter> letters;
  /// The head of an audience becomes rests of its own.
  struct cut {
    run_ptr owner;
    std::uint64_t first = 0;     ///< position of the first
    std::uint32_t count = 0;     ///< recipients that leave the list
    std::uint32_t unusable = 0;  ///< of them: they end `dead`
    std::vector<parked> rests;
    bool last = false;  ///< the owner's entry is over
  };
  std::vector<cut> cuts;
  /// Rests that wait elsewhere as they are, because their content cannot be read now; their entries are among
  /// `finished_entries`.
  std::vector<parked> moved;

  bool empty() const noexcept { return size() == 0; }
};

/// tracker → intake: these left the scope's window.
struct room {
  scope_number scope = 0;
  std::uint32_t answered = 0;
};
/// tracker, retry → intake: these left max_in_flight: Redis confirmed their end, or a known failure waits to
/// be tried again.
struct confirmed {
  std::uint32_t recipients = 0;
  std::uint32_t settled = 0;  ///< of the intake's own settlements, now written
  suspects_over suspects{};
};

/// supervisor → intake: what a scope may do from now on.
struct gate_change {
  scope_number scope = 0;
  breaker_state state{};
  std::uint32_t probes = 0;  ///< half open: how many may be sent
};
/// intake → supervisor: this scope has just been made; how does its breaker stand?
struct scope_added {
  scope_number scope = 0;
};
/// intake → tracker → supervisor → retry → intake: these origins have been quiet. Each takes out what it
/// still has something of; what is left behind it in these mailboxes nobody knows of any more.
struct leaving_scopes {
  std::vector<scope_number> scopes;
};
/// supervisor → intake: origins for which work waits in Redis (a sample of NS:waiting).
struct waiting_origins {
  std::vector<source> lists;
};
/// tracker → intake: the provider called these tokens dead, and that is written.
struct dead_tokens {
  struct mark {
    token_fingerprint token;
    epoch_ms until{0};       ///< not to be sent to
    std::string endpoint{};  ///< see suppress_mark
  };
  std::vector<mark> marks;
};
/// supervisor → tracker: whether the scope's tokens may be believed dead, as Redis or an operator has it.
struct scope_doubt {
  enum class news : std::uint8_t {
    held,      ///< no: its breaker is forced open for that reason
    released,  ///< it is not any more
    accepted,  ///< an operator accepted the withheld ones as dead: the rest of them may follow
    discarded
  };
  scope_number scope = 0;
  news what{};
};
/// tracker → intake: the provider asked for quiet (429 of a whole project).
struct hold_scope {
  scope_number scope = 0;
  std::chrono::steady_clock::time_point until;
};

/// intake → limiter shard: may `want` items of this scope (and tenant) start?
struct permit_demand {
  scope_number scope = 0;
  std::string tenant;  ///< empty when tenants have no limit
  std::uint32_t want = 0;
};
/// limiter shard → intake: this many, now (a permit is good for 100 ms).
struct permit_grant {
  scope_number scope = 0;
  std::string tenant;
  std::uint32_t granted = 0;
};

/// store → intake
struct read_done {
  store_result<std::vector<read_batch>> batches;
  bool taken_over = false;
  std::string consumer;  ///< whose entries they were, when taken over
};
struct accept_done {
  std::vector<run_ptr> runs;  ///< as they were asked for
  store_result<std::vector<acceptance_result>> results;
};
struct audience_read {
  run_ptr owner;
  store_result<audience_window> window;
};
/// store → intake: which of these tokens are known to be dead. They are those of `items`, in the same order.
struct token_query {
  std::vector<work_item> items;
  std::vector<token_fingerprint> tokens;
};
struct tokens_known {
  std::shared_ptr<const token_query> asked;
  store_result<std::vector<epoch_ms>> ends;
};
/// supervisor → intake: what a sample says of the lanes.
struct sampled_lanes {
  std::array<bool, lane_count> paused{};  ///< by operators
  bool posts = false;                     ///< something is in the results lane, or waits in it
  bool paused_known = true;               ///< else as it was
};
struct suspects_marked {
  store_result<nothing> result;
};
struct woken {
  store_result<std::vector<control_event>> events;
};
struct lapsed_consumers {
  std::vector<std::string> names;
};
/// store → tracker
struct write_done {
  std::uint64_t sequence = 0;
  store_result<nothing> result;
};
/// store → limiter shard
struct leased {
  std::string key;
  store_result<std::vector<limit_lease>> leases;
  std::chrono::steady_clock::time_point asked_at;
};
/// store → supervisor
struct breaker_loaded {
  scope_number scope = 0;
  std::uint32_t generation = 0;  ///< the scope's when it was asked for: Redis may be away for long
  store_result<breaker_record> record;
};
struct probes_taken {
  scope_number scope = 0;
  std::uint32_t generation = 0;  ///< likewise
  std::uint64_t version = 0;
  store_result<std::uint32_t> granted;
};
struct lease_answer {
  bool acquired = false;  ///< answer to acquire (else to renew)
  store_result<std::uint64_t> epoch;
};
/// channel → supervisor: something happened to a connection or credential rather than to one request.
struct channel_event {
  scope_number scope = 0;
  bool counts_failure = false;
};

/// intake → supervisor: another process changed something all must know.
struct control_notice {
  control_event event;
};

/// To self, on time. `generation` tells a tick of an earlier incarnation apart.
struct tick {
  std::uint64_t generation = 0;
};
/// supervisor → intake: the lease is held and the breakers are known: begin.
struct start {};
/// supervisor → retry → intake: keep nothing in memory, start no more; the intake says `drained` when nothing
/// is left in flight. It passes through the retry actor, so that what that one parks reaches the tracker
/// first.
struct drain {};
/// intake → tracker: nothing starts any more; say `drained` when all is written.
struct drained {};
}  // namespace dispatch
