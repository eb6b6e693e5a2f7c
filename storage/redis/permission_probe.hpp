#pragma once

// Whether the user we are logged in as may run every command the engine needs. Scripts do best effort in
// places (an XACK that fails is not waited for), so a missing right would show as work that never goes away.
// Asked by queueing each command in a transaction that is then discarded: Redis looks at the rights when it
// queues, and runs nothing. Loop thread only.

#include <string>

#include "storage/redis/connection.hpp"
#include "storage/redis/loop.hpp"
#include "storage/redis/refusals.hpp"

namespace dispatch::redis {

class permission_probe {
 public:
  /// `key` is of the namespace and never made.
  permission_probe(loop& where, connection& link, refusals& noted, std::string key)
      : link_(link), noted_(noted), key_(std::move(key)), again_(where) {}

  /// A new connection is up: asks, and again every ten seconds, every second while something is refused. Not
  /// at all where nobody is told.
  void start();
  /// The connection is gone.
  void stop() { again_.cancel(); }

 private:
  void queue_all();
  void note(const std::string& name, const std::optional<reply>& answer);

  connection& link_;
  refusals& noted_;
  std::string key_;
  timer again_;
  bool refused_ = false;
};

}  // namespace dispatch::redis
