#pragma once

// The waiting half of the store: one connection that does XREAD BLOCK on what was drained and on the control
// stream. It only looks, so it needs no fence: what it wakes reads through a fenced script. Loop thread only.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/redis/codec.hpp"
#include "storage/redis/script_runner.hpp"

namespace dispatch::redis {

class waiter {
 public:
  waiter(loop& where, connection_options options, const keyspace& keys, script_runner& errors);

  void start() { link_.start(); }
  void stop() { link_.stop(); }
  void hurry() { link_.hurry(); }
  void follow(std::string_view host_and_port) { link_.follow(host_and_port); }

  /// What the control stream's newest entry is: events after it are told. Keeps its place when it has one
  /// that is not past that (a rewound history).
  void begin_control(const std::string& newest);
  /// A stream's last delivered id, learnt by reading it.
  void drained(const std::string& stream, const std::string& last_id);
  void wait(const std::vector<source_ptr>& sources, std::chrono::milliseconds timeout,
            store_callback<std::vector<control_event>> answer);

 private:
  void woken(std::optional<reply> answer);
  void control_read(std::optional<reply> answer);
  void fail(const reply* error);
  void finish(store_result<std::vector<control_event>> result);

  connection link_;
  const keyspace& keys_;
  script_runner& errors_;
  std::unordered_map<std::string, std::string> last_ids_;  // of streams; bounded by max_streams
  std::string control_id_;
  store_callback<std::vector<control_event>> answer_;
};

}  // namespace dispatch::redis
