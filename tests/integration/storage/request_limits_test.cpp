// storage/ingest/limits.lua against a plain model of fixed windows, and from many clients at once.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <thread>

#include "tests/support/redis_server.hpp"

namespace dispatch {
namespace {

/// KEYS[1] counter; ARGV minute, hour, day, how many requests, now_ms (empty: Redis's clock). Answers per
/// request 1 or 0 and the three counts.
std::string script() {
  std::ifstream file(DISPATCH_SOURCE_DIR "/storage/ingest/limits.lua");
  const std::string limits{std::istreambuf_iterator<char>(file), {}};
  return R"(local call = redis.call
local clock = call('TIME')
local now_ms = tonumber(ARGV[5]) or clock[1] * 1000 + math.floor(clock[2] / 1000)
)" + limits +
         R"(
local counter, answers = load_counter(KEYS[1]), {}
for request = 1, tonumber(ARGV[4]) do
  local admitted, m, h, d = count_request(counter, tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]))
  for _, each in ipairs({ admitted and 1 or 0, m, h, d }) do answers[#answers + 1] = each end
end
store_counter(KEYS[1], counter)
return answers)";
}

using windows = std::array<std::int64_t, 3>;

std::vector<std::int64_t> count(redis_client& redis, const std::string& key, const windows& limits,
                                int requests, const std::string& now_ms = "") {
  std::vector<std::string> command{"EVAL", script(), "1", key};
  for (const auto limit : limits) command.push_back(std::to_string(limit));
  command.push_back(std::to_string(requests));
  command.push_back(now_ms);
  const auto answer = redis.command(std::move(command));
  EXPECT_FALSE(answer.is_error()) << answer.text;
  std::vector<std::int64_t> out;
  for (const auto& each : answer.elements) out.push_back(each.as_integer());
  return out;
}

/// Remembers every admitted request of every window there ever was.
class model {
 public:
  std::vector<std::int64_t> request(const windows& limits, std::int64_t now_s) {
    constexpr windows lengths{60, 3'600, 86'400};
    std::vector<std::int64_t> answer{1};
    for (std::size_t at = 0; at < 3; ++at) {
      const auto used = admitted_[at][now_s / lengths[at]];
      if (limits[at] > 0 && used >= limits[at]) answer[0] = 0;
      answer.push_back(used);
    }
    if (answer[0] == 0) return answer;
    for (std::size_t at = 0; at < 3; ++at) answer[at + 1] = ++admitted_[at][now_s / lengths[at]];
    return answer;
  }

 private:
  std::array<std::map<std::int64_t, std::int64_t>, 3> admitted_;
};

TEST(request_limits, count_as_plain_fixed_windows_do) {
  auto redis = redis_server::shared().client();
  std::mt19937_64 random(20261123);  // the seed
  for (int round = 0; round < 20; ++round) {
    const auto key = "limits:model:" + std::to_string(round);
    model expected;
    // Redis lets a key go by its own clock: the made-up one begins there.
    auto now_ms = redis.command({"TIME"}).at(0).as_integer() * 1'000;
    const windows limits{static_cast<std::int64_t>(random() % 8), static_cast<std::int64_t>(random() % 20),
                         static_cast<std::int64_t>(random() % 60)};
    for (int step = 0; step < 120; ++step) {
      constexpr std::array<std::int64_t, 6> leaps{0, 1, 900, 20'000, 61'000, 3'000'000};
      now_ms += leaps[random() % leaps.size()];
      const int requests = 1 + static_cast<int>(random() % 3);
      std::vector<std::int64_t> wanted;
      for (int i = 0; i < requests; ++i) {
        const auto one = expected.request(limits, now_ms / 1'000);
        wanted.insert(wanted.end(), one.begin(), one.end());
      }
      ASSERT_EQ(count(redis, key, limits, requests, std::to_string(now_ms)), wanted)
          << "round " << round << " step " << step;
    }
  }
}

TEST(request_limits, never_admit_more_than_a_window_takes_from_many_clients_at_once) {
  const std::string now_ms =
      std::to_string(redis_server::shared().client().command({"TIME"}).at(0).as_integer() * 1'000);
  std::atomic<int> admitted = 0;
  std::vector<std::thread> clients;
  for (int each = 0; each < 16; ++each)
    clients.emplace_back([&] {
      auto redis = redis_server::shared().client();
      for (int i = 0; i < 100; ++i)
        admitted += static_cast<int>(count(redis, "limits:crowd", {1'000, 10'000, 100'000}, 1, now_ms)[0]);
    });
  for (auto& each : clients) each.join();
  EXPECT_EQ(admitted, 1'000) << "of 1,600";
}

TEST(request_limits, a_full_window_counts_nothing_in_the_others) {
  auto redis = redis_server::shared().client();
  const auto now_ms = std::to_string(redis.command({"TIME"}).at(0).as_integer() * 1'000);
  EXPECT_EQ(count(redis, "limits:full", {1, 0, 0}, 3, now_ms),
            (std::vector<std::int64_t>{1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1}));
}

// An NTP step back would otherwise begin a window a second time.
TEST(request_limits, stay_in_their_windows_when_the_clock_goes_back) {
  auto redis = redis_server::shared().client();
  const auto now_ms = redis.command({"TIME"}).at(0).as_integer() / 86'400 * 86'400'000 + 86'400'000 / 2;
  const auto at = [](std::int64_t ms) { return std::to_string(ms); };
  EXPECT_EQ(count(redis, "limits:back", {2, 0, 0}, 1, at(now_ms)), (std::vector<std::int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(count(redis, "limits:back", {2, 0, 0}, 2, at(now_ms - 90'000)),
            (std::vector<std::int64_t>{1, 2, 2, 2, 0, 2, 2, 2}));
  EXPECT_EQ(count(redis, "limits:back", {2, 0, 0}, 1, at(now_ms + 60'000)),
            (std::vector<std::int64_t>{1, 1, 3, 3}));
  EXPECT_EQ(count(redis, "limits:back", {2, 0, 0}, 1, at(now_ms - 2 * 86'400'000)),
            (std::vector<std::int64_t>{1, 1, 1, 1}))
      << "it was days ahead: nobody is to wait for it";
}

TEST(request_limits, go_when_the_day_is_over) {
  auto redis = redis_server::shared().client();
  redis.command({"DEL", "limits:gone"});
  ASSERT_EQ(count(redis, "limits:gone", {5, 5, 5}, 1)[0], 1);
  const auto now_ms = redis.command({"TIME"}).at(0).as_integer() * 1'000;
  const auto left = redis.command({"PTTL", "limits:gone"}).as_integer();
  const auto day_ends = (now_ms / 86'400'000 + 1) * 86'400'000 - now_ms;
  EXPECT_GT(left, day_ends - 10'000);
  EXPECT_LT(left, day_ends + 70'000) << "at most the minute it was written in longer";
  EXPECT_EQ(count(redis, "limits:none", {0, 0, 0}, 1)[0], 1) << "no limit at all";
}

}  // namespace
}  // namespace dispatch
