#pragma once

// The store on a real Redis. Owns a thread and two connections: one for scripts (pipelined), one that waits.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "storage/store.hpp"

namespace dispatch {

class ingest_store;  // storage/ingest_store.hpp

struct redis_options {
  /// redis://[user:password@]host[:port][/db], rediss:// for TLS, unix:///path
  std::string url = "redis://127.0.0.1:6379";
  std::string password;  ///< instead of the URL's, when not empty
  std::string ca_file;   ///< rediss:// only; empty = the system's
  std::string name_space = "dispatch";
  std::string consumer;  ///< unique per process
  std::chrono::milliseconds command_timeout{5'000};
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds reconnect_base{50};
  std::chrono::milliseconds reconnect_cap{2'000};
  std::uint64_t results_max_length = 1'000'000;
  std::uint64_t outbox_length = 1'000'000;  ///< result posts that have not ended
  std::chrono::milliseconds job_retention{24 * 3600 * 1000};
};

struct redis_callbacks {
  /// On the store's thread, on each change: true = connected and answering. `detail` for the log.
  std::function<void(bool up, const std::string& detail)> connection_changed;
  /// On the store's thread, per command answered: for redis_command_duration_seconds.
  std::function<void(std::chrono::nanoseconds)> command_answered;
  /// On the store's thread, on each change: whether Redis keeps what it accepted (nullopt: it does not say),
  /// and what is wrong with it.
  std::function<void(std::optional<bool> kept, const std::string& detail)> durability_changed = {};
  /// On the store's thread, on each change: Redis is not set up for `what` (the user may not, the keys do not
  /// lie in one slot), in its own words; an empty text: it is now.
  std::function<void(const std::string& what, const std::string& detail)> refused = {};
  /// On the store's thread, with each sample and before its answer: Redis's clock said `now` (to the
  /// millisecond) at some moment between the two.
  std::function<void(std::chrono::milliseconds now, std::chrono::steady_clock::time_point sent,
                     std::chrono::steady_clock::time_point answered)>
      clock_read = {};
};

/// Starts connecting at once; throws std::invalid_argument for an unusable URL.
std::unique_ptr<store> make_redis_store(redis_options options, redis_callbacks callbacks);
/// The HTTP side's door (storage/ingest_store.hpp); `consumer` is not used.
std::unique_ptr<ingest_store> make_ingest_store(const redis_options& options, redis_callbacks callbacks);

}  // namespace dispatch
