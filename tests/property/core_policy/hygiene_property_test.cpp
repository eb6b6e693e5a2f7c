#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/policy/mass_invalid_guard.hpp"
#include "core/policy/suppression_cache.hpp"
#include "tests/property/core_policy/seed.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using milliseconds = std::chrono::milliseconds;

constexpr std::size_t least = 1'000, slice = 100;

/// Whether more than a fifth of the latest n sends were dead, for the n the guard may have looked at.
struct suffixes {
  bool any = false, all = true;
};
suffixes over_a_fifth(const std::vector<std::uint32_t>& dead_up_to) {
  suffixes found;
  const auto size = dead_up_to.size() - 1;
  for (auto n = least; n <= std::min(least + slice, size); ++n) {
    const bool over = 5 * (dead_up_to[size] - dead_up_to[size - n]) > n;
    found.any = found.any || over;
    found.all = found.all && over;
  }
  return found;
}

TEST(mass_invalid_guard_property, trips_when_and_only_when_a_fifth_of_the_latest_thousand_is_dead) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 60; ++round) {
    mass_invalid_guard guard({0.2, least, 1h});
    mass_invalid_guard::time_point now{1h};
    std::vector<std::uint32_t> dead_up_to{0};
    double share = 0.1;
    for (int i = 0; i < 6'000; ++i) {
      if (i % 500 == 0) share = std::uniform_real_distribution<>(0.0, 0.3)(random);
      const bool dead = std::bernoulli_distribution(share)(random);
      now += milliseconds(random() % 3);
      const bool believed = guard.record(1, dead ? 1 : 0, now);
      dead_up_to.push_back(dead_up_to.back() + (dead ? 1 : 0));
      if (dead_up_to.size() <= least) {
        ASSERT_TRUE(believed);
        continue;
      }
      const auto seen = over_a_fifth(dead_up_to);
      if (!believed) {
        ASSERT_TRUE(seen.any) << "after " << i;
        break;
      }
      ASSERT_FALSE(seen.all) << "after " << i;
    }
  }
}

TEST(mass_invalid_guard_property, in_batches_of_any_size_counts_and_damage_stay_in_bounds) {
  std::mt19937_64 random(test::seed());
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t most = 1 + random() % 400;
    mass_invalid_guard guard;
    mass_invalid_guard::time_point now{1h};
    for (int i = 0; i < 200; ++i) {
      now += milliseconds(random() % 1'000);
      const auto sends = random() % (most + 1);
      ASSERT_TRUE(guard.record(sends, sends / 10, now));
      const auto [judged, dead] = guard.recent(now);
      ASSERT_LE(dead, judged);
      ASSERT_LT(judged, least + slice + most);
    }
    std::uint64_t released = 0, sent = guard.recent(now).sends;
    while (guard.record(most, most, now)) {
      released += most;
      sent += most;
      ASSERT_LE(released, std::max<std::uint64_t>(least, (least + slice + most) / 5 + most)) << most;
    }
    ASSERT_GE(sent + most, least);
  }
}

TEST(suppression_cache_property, says_nothing_that_is_not_so) {
  std::mt19937_64 random(test::seed());
  for (const std::size_t entries : {8U, 64U, 4'096U}) {
    suppression_cache cache({entries, 500ms});
    struct truth {
      bool dead;
      milliseconds until;
    };
    std::map<int, truth> model;
    milliseconds now = 1'795'456'800s;
    std::vector<token_fingerprint> tokens;
    for (int i = 0; i < 200; ++i) tokens.push_back(token_fingerprint::of("s", std::to_string(i)));
    std::uint64_t hits = 0;
    for (int step = 0; step < 50'000; ++step) {
      now += milliseconds(random() % 3);
      const int at = static_cast<int>(random() % tokens.size());
      const auto& token = tokens[static_cast<std::size_t>(at)];
      switch (random() % 4) {
        case 0: {
          const auto until = now + milliseconds(random() % 2'000);
          cache.suppressed(token, until, now);
          model[at] = {true, until};
          break;
        }
        case 1:
          cache.clear(token, now);
          model[at] = {false, now + 500ms};
          break;
        case 2:
          if (random() % 8 == 0) {
            cache.forget(token);
            model.erase(at);
          }
          break;
        default:
          break;
      }
      const auto said = cache.find(token, now);
      const auto known = model.find(at);
      const bool holds = known != model.end() && known->second.until > now;
      if (said == suppression_cache::known::nothing) {
        // With room for all nothing is ever pushed out.
        ASSERT_FALSE(holds && entries == 4'096U) << step;
        continue;
      }
      ++hits;
      ASSERT_TRUE(holds) << step;
      ASSERT_EQ(said == suppression_cache::known::suppressed, known->second.dead) << step;
    }
    EXPECT_GT(hits, 10'000U);
    EXPECT_LE(cache.capacity(), std::max<std::size_t>(entries, 8));
  }
}

}  // namespace
}  // namespace dispatch
