#pragma once

// Processes on virtual time that die of what they send, as by kill -9 at that very moment, and start again
// under another name.

#include <set>
#include <string>
#include <vector>

#include "tests/support/virtual_engine.hpp"

namespace dispatch {

/// One process at a time. Leases and scans last a second, so that deaths cost little time.
class mortal_engine {
 public:
  explicit mortal_engine(std::chrono::milliseconds latency, std::function<void(settings&)> change = {});
  ~mortal_engine();

  /// It dies when it sends to a token that begins so; with `when_answered` when the answer comes instead.
  std::string poison = "poison";
  bool when_answered = false;

  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds most);
  void run_for(std::chrono::milliseconds time) {
    run_until([] { return false; }, time);
  }
  void kill();

  virtual_engine& engine() { return *engine_; }
  fake_world& world() { return *shared_.redis; }
  const std::vector<seen_request>& ledger() const { return shared_.fcm->ledger; }
  /// Recipients whose answer 200 the ledger holds.
  std::set<std::string> delivered() const;
  std::uint32_t deaths() const { return deaths_; }
  std::chrono::milliseconds passed() const { return passed_; }

 private:
  void start();
  void step();

  std::chrono::milliseconds latency_;
  std::function<void(settings&)> change_;
  virtual_world shared_;
  std::unique_ptr<virtual_engine> engine_;
  std::vector<std::shared_ptr<fake_store>> graveyard_;  ///< Redis may still hold their commands
  std::optional<epoch_ms> dies_at_;
  std::chrono::milliseconds passed_{0};
  std::uint32_t deaths_ = 0;
};

}  // namespace dispatch
