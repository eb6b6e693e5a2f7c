#pragma once

// The token store on Redis: part of the scripted store, whose thread, connection and lease it uses.

#include <atomic>
#include <vector>

#include "storage/redis/codec.hpp"
#include "storage/redis/connection.hpp"
#include "storage/redis/loop.hpp"
#include "storage/redis/script_runner.hpp"
#include "storage/token_store.hpp"

namespace dispatch::redis {

class token_marks final : public token_store {
 public:
  /// All of them outlive it, or at least the loop's last task.
  token_marks(loop& where, script_runner& scripts, connection& link, const keyspace& keys, const writer& who)
      : loop_(where), scripts_(scripts), link_(link), keys_(keys), who_(who) {}

  bool any() const noexcept override { return any_.load(std::memory_order_relaxed); }
  /// What a sample found.
  void sampled(bool any) noexcept { any_.store(any, std::memory_order_relaxed); }

  void suppressed(std::vector<token_fingerprint> tokens,
                  store_callback<std::vector<epoch_ms>> callback) override;
  void suppress(std::vector<suppress_mark> marks, store_callback<nothing> callback) override;

 private:
  void look_up(const std::vector<token_fingerprint>& tokens, store_callback<std::vector<epoch_ms>> callback);
  void mark(const std::vector<suppress_mark>& marks, store_callback<nothing> callback);

  loop& loop_;
  script_runner& scripts_;
  connection& link_;
  const keyspace& keys_;
  const writer& who_;
  std::atomic<bool> any_{true};  ///< until something is known
};

}  // namespace dispatch::redis
