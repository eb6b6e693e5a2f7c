#pragma once

// Between records and what the scripts take and answer. Arguments as EVALSHA has them after the digest. Pure.

#include <optional>
#include <string>
#include <vector>

#include "storage/redis/keys.hpp"
#include "storage/redis/reply.hpp"
#include "storage/redis/resp.hpp"

namespace dispatch::redis {

/// Who writes: the first two arguments of every fenced script.
struct writer {
  std::string consumer;
  std::uint64_t epoch = 0;
};

/// A number as Lua reads it back exactly.
std::string exact_text(double value);

/// Collects keys and arguments apart, since keys come first but are known last.
class script_arguments {
 public:
  explicit script_arguments(const keyspace& keys, const writer& who) {
    key(keys.owner(who.consumer));
    arguments_.add(who.consumer).add(who.epoch);
  }
  void key(std::string_view name) { keys_.add(name); }
  template <class T>
  script_arguments& arg(const T& value) {
    arguments_.add(value);
    return *this;
  }
  void append(const command& several) { arguments_.append(several); }
  /// `keys, arguments` with the number of keys before.
  command finish() const {
    command all;
    all.add(keys_.argument_count());
    all.append(keys_).append(arguments_);
    return all;
  }

 private:
  command keys_;
  command arguments_;
};

/// What a checkpoint may leave behind.
struct write_limits {
  std::uint64_t results_length = 0;  ///< 0: no results
  std::uint64_t outbox_length = 0;
  std::chrono::milliseconds retention{};  ///< of a job's record after its end
};

command encode_write(const keyspace& keys, const writer& who, std::uint64_t sequence, const checkpoint& what,
                     const write_limits& limits);
/// What needs the keys of these numbers among those of encode_write().
unusable_parts parts_needing(const reply& keys, const checkpoint& what);
command encode_accept(const keyspace& keys, const writer& who, const std::vector<acceptance>& jobs,
                      std::chrono::milliseconds retention);

/// What read.lua answers; `last_ids` gets per source the id a wait for more starts after, empty when it was
/// not drained. nullopt when the reply is not of that shape.
std::optional<std::vector<read_batch>> decode_read(reply answer, const std::vector<read_ask>& asks,
                                                   std::vector<std::string>& last_ids);
std::optional<std::vector<read_batch>> decode_take_over(reply answer);
breaker_record decode_breaker(const reply& answer);
std::vector<control_event> decode_control(const reply& entries, std::string& last_id);
std::optional<store_sample> decode_sample(const reply& answer);

}  // namespace dispatch::redis
