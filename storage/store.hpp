#pragma once

// The engine's only door to storage. Asynchronous: every call returns at once and answers through its
// callback, on the store's own thread, exactly once (also when Redis is away). A fake and the real Redis pass
// the same tests (tests/…/storage/store_conformance.hpp).
//
// Every write runs as a script that carries this process's consumer name and epoch; one whose lease was taken
// over is refused with store_error::fenced.

#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/records.hpp"

namespace dispatch {

struct store_error {
  enum class code : std::uint8_t {
    unavailable,  ///< not connected, or the connection broke: it may or may not have been applied
    fenced,       ///< another process took over: nothing was written, and nothing ever will be
    refused       ///< Redis answered with an error: nothing was written; `detail` has its text
  };
  code what = code::unavailable;
  std::string detail;
  std::shared_ptr<const unusable_parts>
      unusable{};  ///< of a refused write: the rest can be written without these
};

template <class T>
using store_result = boost::system::result<T, store_error>;
template <class T>
using store_callback = std::function<void(store_result<T>)>;

struct nothing {};

class token_store;  // storage/token_store.hpp

class store {
 public:
  virtual ~store() = default;

  // Ownership -------------------------------------------------------------------------------------------

  /// Registers this process (makes streams, groups and NS:meta where missing) and takes a fresh epoch.
  /// Until it has answered well once, the other calls are refused. Call again after `unavailable`.
  virtual void acquire(std::chrono::milliseconds lease, store_callback<std::uint64_t> epoch) = 0;
  virtual void renew(std::chrono::milliseconds lease, store_callback<nothing> callback) = 0;
  /// Gives the lease back and says so (control event "release"), so that others take over at once.
  virtual void release(store_callback<nothing> callback) = 0;
  /// Consumers whose lease ended, this process's own name excepted.
  virtual void lapsed(store_callback<std::vector<std::string>> callback) = 0;
  /// Takes over up to `count` entries of a lapsed consumer (bumping its epoch first, in the same script).
  /// An empty answer means that nothing of it is left; its record is gone then. After `unavailable` the next
  /// call repeats what the lost answer may have brought; until it has, nothing can be read.
  virtual void take_over(const std::string& consumer, std::uint32_t count, std::size_t max_bytes,
                         store_callback<std::vector<read_batch>> callback) = 0;

  // Reading ---------------------------------------------------------------------------------------------

  /// New entries for this process, sources in the order given, until count or (about) max_bytes is reached:
  /// at most 8 entries past the byte limit. A batch per source asked, also when it is empty. One read at a
  /// time. After `unavailable` the next read repeats what the lost answer may have brought.
  virtual void read(std::vector<read_ask> asks, std::size_t max_bytes,
                    store_callback<std::vector<read_batch>> callback) = 0;
  /// Answers when one of these (drained) sources has something new, a control event came, or the time is
  /// over. One at a time.
  virtual void wait(std::vector<source_ptr> sources, std::chrono::milliseconds timeout,
                    store_callback<std::vector<control_event>> callback) = 0;

  // Work ------------------------------------------------------------------------------------------------

  virtual void accept(std::vector<acceptance> jobs,
                      store_callback<std::vector<acceptance_result>> callback) = 0;
  /// A part of an accepted job's audience, from that position on (nullopt: from its head): at most `count`
  /// elements and about max_bytes. Takes nothing away; a checkpoint's `cuts` do.
  virtual void read_audience(const std::string& tenant, const std::string& job,
                             std::optional<std::uint64_t> from, std::uint32_t count, std::size_t max_bytes,
                             store_callback<audience_window> callback) = 0;
  /// `sequence` must grow by one from call to call (from 1 after acquire); the same sequence again is
  /// recognised and not applied twice, so `unavailable` is answered by repeating the call as it was.
  virtual void write(std::uint64_t sequence, std::shared_ptr<const checkpoint> what,
                     store_callback<nothing> callback) = 0;
  /// Before entries taken over are started: if this process dies, whoever takes them over is told (entry).
  /// Should it turn out to live (fenced, because it had been frozen), it is no death of what it ran alone.
  virtual void mark_suspects(suspect_marks marks, store_callback<nothing> callback) = 0;
  /// Moves up to `limit` parked rests whose time has come to their waiting lists. Answers how many.
  virtual void move_due(std::uint32_t limit, store_callback<std::uint32_t> callback) = 0;

  // Shared state ----------------------------------------------------------------------------------------

  /// Leases up to `want` permits valid for all these scopes at once (none is charged for what another
  /// refused), up to `horizon` ahead. Answers a lease per scope, all with the same `granted`.
  virtual void lease_permits(std::vector<limit_ask> scopes, std::uint32_t want,
                             std::chrono::microseconds horizon,
                             store_callback<std::vector<limit_lease>> callback) = 0;
  virtual void load_breaker(const std::string& scope, store_callback<breaker_record> callback) = 0;
  /// Stores when `record.version` is one more than what is there (else answers what is there), and tells all
  /// processes (control event "breaker" with `scope`).
  virtual void store_breaker(const std::string& scope, const breaker_record& record,
                             store_callback<breaker_record> callback) = 0;
  /// Takes up to `want` of the scope's probes of this half-open round, which has `of` over all processes.
  virtual void take_probes(const std::string& scope, std::uint64_t version, std::uint32_t want,
                           std::uint32_t of, store_callback<std::uint32_t> callback) = 0;
  virtual void return_probes(const std::string& scope, std::uint64_t version, std::uint32_t count,
                             store_callback<nothing> callback) = 0;
  virtual void sample(store_callback<store_sample> callback) = 0;

  /// Lives as long as the store.
  virtual token_store& tokens() = 0;
};

}  // namespace dispatch
