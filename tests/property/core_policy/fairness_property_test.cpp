// Lanes and tenants get their shares, none starves, and nothing is lost on the way.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <vector>

#include "core/policy/lane_picker.hpp"
#include "core/policy/turn_queue.hpp"
#include "tests/property/core_policy/seed.hpp"

namespace dispatch {
namespace {

using test::dice;

TEST(lane_property, busy_lanes_share_by_weight_whatever_their_batches) {
  dice random{30};
  for (int round = 0; round < 50; ++round) {
    lane_picker picker;
    std::array<std::uint64_t, lane_count> served{};
    std::array<std::uint64_t, lane_count> largest{};
    for (auto& size : largest) size = static_cast<std::uint64_t>(random.between(1, 200));
    std::uint64_t total = 0;
    while (total < 200'000) {
      const auto turn = picker.pick({true, true, true, true});
      ASSERT_TRUE(turn);
      const auto index = index_of(turn->which);
      const auto batch =
          static_cast<std::uint64_t>(random.between(1, static_cast<std::int64_t>(largest[index])));
      picker.spend(turn->which, batch);
      served[index] += batch;
      total += batch;
    }
    for (const auto which : all_lanes) {
      const double share = std::array{8.0, 4.0, 1.0, 1.0}[index_of(which)] / 14.0;
      ASSERT_NEAR(static_cast<double>(served[index_of(which)]), share * static_cast<double>(total), 500)
          << to_string(which);
    }
  }
}

TEST(lane_property, no_lane_with_work_waits_longer_than_a_round) {
  dice random{31};
  lane_picker picker;
  std::array<std::uint64_t, lane_count> others_since{};
  std::array<bool, lane_count> has_work{true, true, true, true};
  for (int i = 0; i < 100'000; ++i) {
    for (std::size_t l = 0; l < lane_count; ++l) {
      const bool now_has = !random.one_in(3);
      if (now_has && !has_work[l]) others_since[l] = 0;
      has_work[l] = now_has;
    }
    const auto turn = picker.pick(has_work);
    const bool any = std::any_of(has_work.begin(), has_work.end(), [](bool some) { return some; });
    ASSERT_EQ(turn.has_value(), any);
    if (!turn) continue;
    ASSERT_TRUE(has_work[index_of(turn->which)]);
    const auto spent = static_cast<std::uint64_t>(random.between(1, static_cast<std::int64_t>(turn->budget)));
    picker.spend(turn->which, spent);
    for (std::size_t l = 0; l < lane_count; ++l) {
      others_since[l] = l == index_of(turn->which) || !has_work[l] ? 0 : others_since[l] + spent;
      ASSERT_LE(others_since[l], 128U + 64U + 16U + 16U);
    }
  }
}

TEST(turn_property, keeps_every_item_in_order_per_key) {
  dice random{32};
  for (int round = 0; round < 100; ++round) {
    turn_queue<std::int64_t, int> queue{{300, 3'000, static_cast<std::uint64_t>(random.between(1, 40))}};
    std::map<std::int64_t, std::deque<std::pair<int, std::uint64_t>>> expected;
    std::size_t items = 0;
    std::uint64_t cost = 0;
    for (int i = 0; i < 1500; ++i) {
      if (random.between(0, 99) < 55) {
        const auto key = random.between(1, random.one_in(2) ? 3 : 30);
        const auto c = static_cast<std::uint64_t>(random.between(1, 30));
        const bool fits = items < 300 && cost + c <= 3'000;
        const bool front = random.one_in(8);
        ASSERT_EQ(front ? queue.push_front(key, int{i}, c) : queue.push(key, int{i}, c), fits);
        if (!fits) continue;
        front ? expected[key].emplace_front(i, c) : expected[key].emplace_back(i, c);
        ++items;
        cost += c;
      } else if (random.one_in(100)) {
        const auto gone = random.between(1, 30);
        const auto removed = queue.remove_if([&](std::int64_t key, int) { return key == gone; });
        ASSERT_EQ(removed, expected[gone].size());
        items -= removed;
        for (const auto& [item, c] : expected[gone]) cost -= c;
        expected.erase(gone);
      } else if (const auto taken = queue.pop()) {
        auto& line = expected[taken->key];
        ASSERT_FALSE(line.empty());
        ASSERT_EQ(line.front(), (std::pair{taken->item, taken->cost}));
        line.pop_front();
        --items;
        cost -= taken->cost;
      } else {
        ASSERT_EQ(items, 0U);
      }
      ASSERT_EQ(queue.size(), items);
      ASSERT_EQ(queue.cost(), cost);
    }
  }
}

TEST(turn_property, busy_keys_get_equal_service) {
  dice random{33};
  for (const std::int64_t keys : {2, 7, 1000}) {
    constexpr std::uint64_t quantum = 64;
    constexpr std::int64_t largest = 100;
    turn_queue<std::int64_t, int> queue{{1'000'000, 100'000'000, quantum}};
    for (std::int64_t key = 0; key < keys; ++key) {
      // The cost of a key's items must not matter, nor how many it has waiting.
      for (int i = 0; i < 60; ++i)
        queue.push(key, int{i}, static_cast<std::uint64_t>(random.between(1, 1 + key % largest)));
    }
    std::vector<std::uint64_t> served(static_cast<std::size_t>(keys));
    std::vector<int> left(static_cast<std::size_t>(keys), 60);
    std::uint64_t lowest = 0;
    std::uint64_t highest = 0;
    while (auto taken = queue.pop()) {
      const auto index = static_cast<std::size_t>(taken->key);
      served[index] += taken->cost;
      if (--left[index] == 0) break;  // from here on not all are busy
      highest = *std::max_element(served.begin(), served.end());
    }
    lowest = *std::min_element(served.begin(), served.end());
    ASSERT_LE(highest - lowest, 2 * quantum + 2 * largest) << keys << " keys";
  }
}

TEST(turn_property, a_newcomer_is_served_after_one_turn_of_each) {
  dice random{34};
  for (int round = 0; round < 50; ++round) {
    constexpr std::uint64_t quantum = 10;
    turn_queue<std::int64_t, int> queue{{100'000, 1'000'000, quantum}};
    const auto keys = random.between(1, 50);
    for (std::int64_t key = 1; key <= keys; ++key) {
      for (int i = 0; i < 100; ++i) queue.push(key, int{i}, 5);
    }
    for (auto i = random.between(0, 200); i > 0; --i) queue.pop();
    queue.push(0, 1, 1);
    std::uint64_t before = 0;
    for (auto taken = queue.pop(); taken && taken->key != 0; taken = queue.pop()) before += taken->cost;
    ASSERT_LE(before, quantum * static_cast<std::uint64_t>(keys));
  }
}

}  // namespace
}  // namespace dispatch
