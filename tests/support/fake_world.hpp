#pragma once

// What Redis holds for one namespace, in memory, on a clock the test moves. Several fake_stores on one world
// are several processes. Single-threaded: calls queue their work, run() does it and calls back.

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/token_fingerprint.hpp"
#include "storage/store.hpp"

namespace dispatch {

using stream_id = std::pair<std::uint64_t, std::uint64_t>;
using field_map = std::map<std::string, std::string>;

std::string to_text(stream_id id);
stream_id parse_id(const std::string& text);
/// Empty when there is none.
std::string field(const field_map& fields, const std::string& name);
/// 0 of an empty text.
std::uint64_t number(const std::string& text);
/// "jobs", "wait:SCOPE:LANE": a source's key without the namespace.
std::string fake_key(const source& from);

struct fake_stream {
  struct delivery {
    std::string consumer;
    std::uint32_t count = 1;
  };
  std::map<stream_id, field_map> entries;
  std::map<stream_id, delivery> pending;
  stream_id last{};       ///< newest ever added
  stream_id delivered{};  ///< the group's last-delivered-id
};

struct fake_owner {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  epoch_ms expires_at{0};
  struct lone {
    std::uint64_t epoch = 0;
    std::string entry;
    std::int64_t position = 0;
  };
  std::optional<lone> alone{};
};

class fake_world {
 public:
  explicit fake_world(epoch_ms start = epoch_ms(1'795'402'800'000)) : now(start) {}

  void advance(std::chrono::milliseconds by) { now += by; }
  /// Does everything asked for so far and what follows from it; waits whose time is over or that have
  /// something new are answered.
  void run();
  void post(std::function<void()> task) { tasks_.push_back(std::move(task)); }

  std::string add(const std::string& stream, field_map fields);
  void tell(field_map fields) { add("control", std::move(fields)); }

  // What the scripts of the same names do.
  acceptance_result accept(const acceptance& one);
  void apply(const checkpoint& what, bool with_results);
  void park(const parked& one);
  void release(const std::string& content);
  entry entry_of(stream_id id, const field_map& fields, std::uint32_t deliveries) const;
  /// A field of "outbox:state".
  std::uint64_t posts(const std::string& name) const;
  void absolve(const std::string& consumer, std::uint64_t of);
  void note_service(std::chrono::milliseconds lease, std::chrono::milliseconds grace);
  std::vector<std::string> lapsed(const std::string& asking) const;
  /// Begins to take it over, if its lease has ended.
  bool fence(const std::string& consumer);
  /// What is known of the entry "STREAM ID"; of all that are gone.
  void forget(const std::string& entry);
  void forget_gone();

  struct waiting {
    std::map<std::string, stream_id> after;
    epoch_ms until{0};
    std::function<void()> answer;
  };
  std::vector<waiting> waits;

  epoch_ms now;
  /// False: calls are answered `unavailable` and nothing happens.
  bool available = true;
  std::map<std::string, fake_stream>
      streams;  ///< by key without the namespace: "jobs", "wait:SCOPE:LANE", "dead"
  std::map<std::string, field_map> hashes;               ///< "job:TENANT:ID", "content:REF"
  std::map<std::string, std::deque<std::string>> lists;  ///< "audience:TENANT:NAME", "taken:TENANT:ID"
  std::map<std::string, fake_owner> owners;
  std::optional<epoch_ms> served_at;
  std::uint64_t epoch = 0;
  std::uint64_t fenced = 0;
  std::uint64_t outbox_length = 1'000'000;
  std::array<bool, lane_count> paused{};  ///< lanes
  struct suspicion {
    dispatch::died_upto started{-1, -1, -1};
    dispatch::died_upto died_upto{-1, -1, -1};
    std::int64_t died_alone = -1;
    std::set<std::uint64_t> epochs;  ///< of processes that died while they ran it alone
  };
  std::map<std::string, suspicion> suspects;  ///< by "STREAM ID"
  std::multimap<epoch_ms, parked> due;
  std::map<std::string, progress_bitmap> progress;  ///< by "STREAM ID"
  std::set<std::string> waiting_lists;              ///< "SCOPE\tLANE"
  std::map<std::string, std::int64_t> limits;
  std::map<token_fingerprint, epoch_ms> suppressed;
  std::size_t tokens_looked_up = 0;
  std::optional<store_error::code> token_look_ups_fail;
  bool writes_fail = false;  ///< no checkpoint gets in, everything else does
  std::map<std::string, breaker_record> breakers;
  std::map<std::string, std::pair<std::uint32_t, epoch_ms>> probes;  ///< taken, when last

 private:
  bool answer_waits();
  std::uint64_t take_audience(const acceptance& one, bool known);
  void cut(const audience_cut& one);
  /// True when it ends the job.
  bool count_progress(const job_progress& one);
  void post(const result_post& one);
  std::string completion_text(const std::string& job);

  std::deque<std::function<void()>> tasks_;
};

}  // namespace dispatch
