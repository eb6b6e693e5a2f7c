// Each row of the error table against a Redis that answers so: what the caller is told, that a caller who
// repeats at once does not spin, and that all is well once Redis is.

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "storage/redis/errors.hpp"
#include "storage/redis_store.hpp"
#include "tests/support/scripted_redis.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using code = store_error::code;

/// Answers like an empty Redis, but for renew.lua (scripts are told apart by their number of keys).
class bad_day {
 public:
  std::atomic<bool> over{false};
  std::string error;
  std::atomic<std::uint32_t> renewals{0};

  std::string answer(const std::vector<std::string>& command) {
    if (command[0] == "PING") return "+PONG\r\n";
    if (command[0] == "SCRIPT") return "$3\r\nsha\r\n";
    if (command[0] == "GET") return "$1\r\n1\r\n";
    if (command[0] == "HGET") return "$4\r\nmade\r\n";
    if (command[0] == "XREAD") return over ? "*-1\r\n" : "-" + error + "\r\n";
    if (command[0] != "EVALSHA") return "-ERR unknown\r\n";
    if (command[2] == "9") return "*3\r\n:1\r\n$3\r\n0-0\r\n$4\r\nmade\r\n";  // acquire.lua
    if (command[2] == "5") return ":1\r\n";                                   // make_groups.lua
    ++renewals;
    return over ? ":1\r\n" : "-" + error + "\r\n";
  }
};

/// Calls renew() over and over, each time as soon as it is answered, until it is told to stop.
class impatient {
 public:
  explicit impatient(store& storage) : storage_(storage) {}

  void start() { again(); }
  store_result<nothing> wait_for_calls(std::uint32_t calls) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 10s, [&] { return calls_ >= calls; }));
    return last_;
  }
  void wait_for_success() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 10s, [&] { return last_.has_value(); }));
  }
  void stop() {
    stop_ = true;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 10s, [&] { return !running_; });
  }

 private:
  void again() {
    {
      const std::lock_guard lock(mutex_);
      running_ = !stop_;
      changed_.notify_all();
      if (stop_) return;
    }
    storage_.renew(1s, [this](store_result<nothing> answer) {
      {
        const std::lock_guard lock(mutex_);
        ++calls_;
        last_ = std::move(answer);
        changed_.notify_all();
      }
      again();
    });
  }

  store& storage_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stop_{false};
  bool running_ = false;
  std::uint32_t calls_ = 0;
  store_result<nothing> last_ = nothing();
};

struct row {
  const char* error;
  code what;
};

class error_reactions : public testing::TestWithParam<row> {};

TEST_P(error_reactions, tells_the_caller_does_not_spin_and_recovers) {
  bad_day day;
  day.error = GetParam().error;
  scripted_redis server([&](const auto& command) { return day.answer(command); });
  redis_options options;
  options.url = server.url();
  options.consumer = "one";
  options.reconnect_base = 20ms;
  options.reconnect_cap = 60ms;
  std::atomic<std::uint32_t> changes{0};
  redis_callbacks callbacks;
  callbacks.connection_changed = [&](bool, const std::string&) { ++changes; };
  const auto storage = make_redis_store(options, callbacks);
  std::promise<bool> acquired;
  storage->acquire(1s, [&](store_result<std::uint64_t> epoch) { acquired.set_value(epoch.has_value()); });
  ASSERT_TRUE(acquired.get_future().get());

  impatient caller(*storage);
  const auto began = std::chrono::steady_clock::now();
  caller.start();
  const auto first = caller.wait_for_calls(1);
  ASSERT_TRUE(first.has_error());
  EXPECT_EQ(first.error().what, GetParam().what) << first.error().detail;
  if (GetParam().what != code::fenced) {
    // Twenty answers take their time, however eager the caller is.
    caller.wait_for_calls(20);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 200ms);
    EXPECT_LE(day.renewals, 60U);
  }
  day.over = true;
  caller.wait_for_success();
  caller.stop();
  EXPECT_LE(changes, 30U);
}

INSTANTIATE_TEST_SUITE_P(
    rows, error_reactions,
    testing::Values(
        row{"FENCED another process took over", code::fenced},
        row{"NOSCRIPT No matching script.", code::refused}, row{"NOGROUP No such key", code::refused},
        row{"READONLY You can't write against a read only replica.", code::unavailable},
        row{"NOAUTH Authentication required.", code::unavailable},
        row{"MOVED 1 127.0.0.1:1", code::unavailable}, row{"ASK 1 127.0.0.1:1", code::unavailable},
        row{"TRYAGAIN Multiple keys", code::unavailable},
        row{"CLUSTERDOWN The cluster is down", code::unavailable},
        row{"MISCONF Redis is configured", code::unavailable},
        row{"OOM command not allowed", code::unavailable}, row{"LOADING Redis", code::unavailable},
        row{"MASTERDOWN Link with MASTER is down", code::unavailable},
        row{"NOREPLICAS Not enough good replicas", code::unavailable},
        row{"BUSY Redis is busy running a script.", code::unavailable},
        row{"WRONGTYPE Operation", code::refused}, row{"ERR anything", code::refused}));

class wait_reactions : public testing::TestWithParam<row> {};

TEST_P(wait_reactions, end_or_fail_the_wait_after_a_moment) {
  bad_day day;
  day.error = GetParam().error;
  scripted_redis server([&](const auto& command) { return day.answer(command); });
  redis_options options;
  options.url = server.url();
  options.consumer = "one";
  options.reconnect_base = 20ms;
  options.reconnect_cap = 100ms;
  const auto storage = make_redis_store(options, {});
  std::promise<bool> acquired;
  storage->acquire(1s, [&](store_result<std::uint64_t> epoch) { acquired.set_value(epoch.has_value()); });
  ASSERT_TRUE(acquired.get_future().get());
  const auto began = std::chrono::steady_clock::now();
  std::promise<store_result<std::vector<control_event>>> ended;
  storage->wait({}, 5s, [&](auto answer) { ended.set_value(std::move(answer)); });
  const auto answer = ended.get_future().get();
  EXPECT_GE(std::chrono::steady_clock::now() - began, 15ms);
  if (std::string(GetParam().error).starts_with("UNBLOCKED")) {
    EXPECT_TRUE(answer.has_value());
  } else {
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().what, GetParam().what);
  }
}

INSTANTIATE_TEST_SUITE_P(rows, wait_reactions,
                         testing::Values(row{"UNBLOCKED client unblocked", code::unavailable},
                                         row{"LOADING Redis", code::unavailable},
                                         row{"WRONGTYPE Operation", code::refused},
                                         row{"READONLY replica", code::unavailable}));

TEST(a_server_that_hangs_up, is_called_on_with_growing_pauses) {
  scripted_redis server([](const auto&) { return std::string(); });
  redis_options options;
  options.url = server.url();
  options.consumer = "one";
  std::atomic<std::uint32_t> changes{0};
  redis_callbacks callbacks;
  callbacks.connection_changed = [&](bool up, const std::string&) {
    EXPECT_FALSE(up);
    ++changes;
  };
  const auto storage = make_redis_store(options, callbacks);
  // 40 answers at 20 ms each or more: 0.8 s in which a connection tries at most five times (50, 100, 200, 400
  // ms).
  for (int i = 0; i < 40; ++i) {
    std::promise<store_result<std::uint64_t>> answered;
    storage->acquire(1s, [&](auto answer) { answered.set_value(std::move(answer)); });
    const auto answer = answered.get_future().get();
    ASSERT_TRUE(answer.has_error());
    EXPECT_EQ(answer.error().what, code::unavailable);
  }
  EXPECT_LE(server.connections(), 14U);
  EXPECT_EQ(changes, 1U);
}

}  // namespace
}  // namespace dispatch
