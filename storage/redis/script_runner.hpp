#pragma once

// Runs the engine's scripts over one connection and reacts to Redis's errors (redis/errors.hpp). An error's
// answer is held back for a moment, longer each time in a row: whoever repeats at once what failed does not
// spin. Loop thread only.

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/redis/connection.hpp"
#include "storage/redis/errors.hpp"
#include "storage/redis/refusals.hpp"
#include "storage/redis/scripts.hpp"
#include "storage/store.hpp"

namespace dispatch::redis {

class script_runner {
 public:
  using handler = std::function<void(store_result<reply>)>;

  script_runner(loop& where, floored_backoff backoff);

  /// The connection outlives nothing: set before the first run().
  void use(connection* link) noexcept { link_ = link; }
  /// The arguments of make_groups.lua (keys and all), for errors that say that a group is gone.
  void on_missing_groups(std::function<command()> arguments) { groups_ = std::move(arguments); }

  /// Asked when a script was fenced: calls back with true when no other process did it, but Redis lost what
  /// it knew (the call is then answered `unavailable`, and may be repeated).
  void on_fenced(std::function<void(std::function<void(bool lost)>)> check) {
    check_fence_ = std::move(check);
  }

  /// Where answers are noted, also those to commands that are no scripts.
  refusals& noted() noexcept { return refusals_; }

  /// For the connection's greeting: every script is loaded on every new connection.
  static std::vector<command> greeting();
  void greeted(const std::vector<reply>& loaded);

  /// `arguments` as EVALSHA has them after the digest: number of keys, keys, arguments.
  void run(script which, command arguments, handler answer);
  /// What an error reply, or a broken connection (nullptr), means; answers after the delay.
  void fail(connection& link, const reply* error, handler answer);
  void later(std::chrono::milliseconds delay, std::function<void()> task);
  /// Runs what is held back, now.
  void stop();

 private:
  struct call {
    script which;
    command arguments;
    handler answer;
    bool loaded_again = false;
    bool made_groups = false;
  };

  void submit(const std::shared_ptr<call>& one);
  void answered(const std::shared_ptr<call>& one, std::optional<reply> answer);
  bool try_again(const std::shared_ptr<call>& one, reaction what);
  void run_held();
  std::chrono::milliseconds next_delay();

  connection* link_ = nullptr;
  floored_backoff backoff_;
  std::function<command()> groups_;
  std::function<void(std::function<void(bool)>)> check_fence_;
  refusals refusals_;
  std::array<std::string, script_count> digests_;
  std::uint32_t errors_in_a_row_ = 0;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> held_;
  timer timer_;
  bool stopped_ = false;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace dispatch::redis
