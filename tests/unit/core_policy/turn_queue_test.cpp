#include "core/policy/turn_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace dispatch {
namespace {

using testing::ElementsAre;
using queue = turn_queue<std::string, int>;

std::vector<int> drain(queue& from, std::size_t most = 1000) {
  std::vector<int> items;
  while (items.size() < most) {
    auto taken = from.pop();
    if (!taken) break;
    items.push_back(taken->item);
  }
  return items;
}

turn_limits quantum(std::uint64_t value) {
  return {10'000, 1'000'000, value};
}

TEST(turn_queue, is_first_in_first_out_for_one_key) {
  queue q;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(q.push("a", int{i}));
  EXPECT_THAT(drain(q), ElementsAre(0, 1, 2, 3));
  EXPECT_FALSE(q.pop());
  EXPECT_EQ(q.keys(), 0U);
}

TEST(turn_queue, keys_take_turns) {
  queue q{quantum(1)};
  for (int i = 0; i < 3; ++i) q.push("a", 10 + i);
  q.push("b", 20);
  q.push("c", 30);
  q.push("c", 31);
  EXPECT_THAT(drain(q), ElementsAre(10, 20, 30, 11, 31, 12));
}

TEST(turn_queue, a_turn_is_a_quantum_of_cost) {
  queue q{quantum(4)};
  for (int i = 0; i < 4; ++i) q.push("a", 10 + i, 2);
  for (int i = 0; i < 2; ++i) q.push("b", 20 + i, 4);
  EXPECT_THAT(drain(q), ElementsAre(10, 11, 20, 12, 13, 21));
}

TEST(turn_queue, an_expensive_item_is_paid_with_coming_turns) {
  queue q{quantum(2)};
  q.push("a", 10, 6);
  q.push("a", 11, 1);
  for (int i = 0; i < 4; ++i) q.push("b", 20 + i, 2);
  EXPECT_THAT(drain(q), ElementsAre(10, 20, 21, 22, 11, 23));
}

TEST(turn_queue, a_key_alone_is_not_held_up_by_its_debt) {
  queue q{quantum(1)};
  q.push("a", 1, 1'000'000 - 1);
  q.push("a", 2, 1);
  EXPECT_THAT(drain(q), ElementsAre(1, 2));
}

TEST(turn_queue, a_newcomer_waits_for_one_turn_of_each_other) {
  queue q{quantum(1)};
  for (int i = 0; i < 100; ++i) q.push("a", 100 + i);
  for (int i = 0; i < 100; ++i) q.push("b", 200 + i);
  drain(q, 10);
  q.push("new", 1);
  EXPECT_THAT(drain(q, 3), ElementsAre(105, 205, 1));
}

TEST(turn_queue, what_is_left_of_an_item_goes_first_again) {
  queue q{quantum(10)};
  q.push("a", 1, 5);
  q.push("a", 2, 5);
  auto taken = q.pop();
  ASSERT_EQ(taken->item, 1);
  EXPECT_TRUE(q.push_front("a", 3, 1));
  EXPECT_THAT(drain(q), ElementsAre(3, 2));
}

TEST(turn_queue, a_key_pays_for_what_was_taken_of_its_item_and_keeps_its_turn_until_that_is_used_up) {
  queue q{quantum(4)};
  q.push("a", 1, 100);
  q.push("b", 2, 100);
  std::string turns;
  for (int i = 0; i < 12; ++i) {
    turns += *q.next() == 1 ? 'a' : 'b';
    q.spend(1);
  }
  EXPECT_EQ(turns, "aaaabbbbaaaa");
  EXPECT_EQ(q.cost(), 188U);
  EXPECT_EQ(q.size(), 2U);
  ASSERT_EQ(*q.next(), 2);
  q.spend(1'000);
  EXPECT_EQ(q.size(), 1U) << "not more than there is of it";
  EXPECT_EQ(q.cost(), 92U);
  EXPECT_EQ(*q.next(), 1);
}

TEST(turn_queue, refuses_past_its_limits_and_leaves_the_item) {
  turn_queue<int, std::unique_ptr<int>> q{{2, 10, 64}};
  auto big = std::make_unique<int>(1);
  EXPECT_FALSE(q.push(1, std::move(big), 11));
  ASSERT_TRUE(big);  // NOLINT(bugprone-use-after-move): that it was not moved is the promise
  EXPECT_TRUE(q.push(1, std::move(big), 10));
  EXPECT_FALSE(q.push(1, std::make_unique<int>(2), 1));
  q.pop();
  EXPECT_TRUE(q.push(1, std::make_unique<int>(3)));
  EXPECT_TRUE(q.push(2, std::make_unique<int>(4)));
  EXPECT_FALSE(q.push(3, std::make_unique<int>(5)));
  EXPECT_EQ(q.keys(), 2U);
}

TEST(turn_queue, cost_zero_counts_one) {
  queue q{{10, 2, 1}};
  EXPECT_TRUE(q.push("a", 1, 0));
  EXPECT_EQ(q.cost(), 1U);
  EXPECT_TRUE(q.push("a", 2, 0));
  EXPECT_FALSE(q.push("a", 3, 0));
}

TEST(turn_queue, removes_by_predicate) {
  queue q{quantum(1)};
  for (int i = 0; i < 6; ++i) q.push(i % 2 == 0 ? "even" : "odd", int{i}, 2);
  q.push("gone", 100);
  EXPECT_EQ(q.remove_if([](const std::string& key, int item) { return key == "gone" || item == 0; }), 2U);
  EXPECT_EQ(q.size(), 5U);
  EXPECT_EQ(q.cost(), 10U);
  EXPECT_EQ(q.keys(), 2U);
  EXPECT_THAT(drain(q), ElementsAre(2, 1, 4, 3, 5));
}

TEST(turn_queue, goes_on_after_the_key_in_turn_was_removed) {
  queue q{quantum(2)};
  q.push("a", 1);
  q.push("b", 2);
  q.push("b", 3);
  q.push("c", 4);
  EXPECT_EQ(q.remove_if([](const std::string& key, int) { return key == "a"; }), 1U);
  EXPECT_THAT(drain(q), ElementsAre(2, 3, 4));
  EXPECT_TRUE(q.empty());
  EXPECT_EQ(q.remove_if([](const std::string&, int) { return true; }), 0U);
}

}  // namespace
}  // namespace dispatch
