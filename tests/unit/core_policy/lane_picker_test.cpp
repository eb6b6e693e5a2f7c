#include "core/policy/lane_picker.hpp"

#include <gtest/gtest.h>

#include <array>

namespace dispatch {
namespace {

using work = std::array<bool, lane_count>;
constexpr work all{true, true, true};
constexpr work none{false, false, false};

TEST(lane_picker, nobody_has_a_turn_without_work) {
  EXPECT_FALSE(lane_picker{}.pick(none));
}

TEST(lane_picker, starts_with_the_high_lane_and_gives_turns_by_weight) {
  lane_picker picker;
  for (const auto& [which, budget] : {std::pair{lane::high, 128U}, {lane::normal, 64U}, {lane::bulk, 16U}}) {
    const auto turn = picker.pick(all);
    ASSERT_TRUE(turn);
    EXPECT_EQ(turn->which, which);
    EXPECT_EQ(turn->budget, budget);
    picker.spend(which, budget);
  }
  EXPECT_EQ(picker.pick(all)->which, lane::high);
}

TEST(lane_picker, a_turn_lasts_until_its_budget_is_spent) {
  lane_picker picker;
  picker.pick(all);
  picker.spend(lane::high, 127);
  const auto turn = picker.pick(all);
  EXPECT_EQ(turn->which, lane::high);
  EXPECT_EQ(turn->budget, 1U);
  picker.spend(lane::high, 1);
  EXPECT_EQ(picker.pick(all)->which, lane::normal);
}

TEST(lane_picker, a_lane_alone_has_every_turn) {
  lane_picker picker;
  for (int i = 0; i < 100; ++i) {
    const auto turn = picker.pick({false, false, true});
    ASSERT_TRUE(turn);
    EXPECT_EQ(turn->which, lane::bulk);
    EXPECT_EQ(turn->budget, 16U);
    picker.spend(lane::bulk, turn->budget);
  }
}

TEST(lane_picker, a_lane_that_ran_dry_saves_nothing) {
  lane_picker picker;
  picker.pick(all);
  picker.spend(lane::high, 10);
  EXPECT_EQ(picker.pick({false, true, true})->which, lane::normal);
  picker.spend(lane::normal, 64);
  EXPECT_EQ(picker.pick(all)->which, lane::bulk);
  picker.spend(lane::bulk, 16);
  EXPECT_EQ(picker.pick(all)->budget, 128U);
}

TEST(lane_picker, a_filled_high_lane_waits_for_the_running_turn_only) {
  lane_picker picker;
  picker.pick({false, false, true});
  picker.spend(lane::bulk, 16);
  EXPECT_EQ(picker.pick({true, false, true})->which, lane::high);
}

TEST(lane_picker, an_overdraft_is_paid_with_coming_turns) {
  lane_picker picker;
  picker.pick({false, true, true});
  picker.spend(lane::normal, 64);
  ASSERT_EQ(picker.pick({false, true, true})->which, lane::bulk);
  picker.spend(lane::bulk, 16 + 32);  // two turns too many
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(picker.pick({false, true, true})->which, lane::normal) << round;
    picker.spend(lane::normal, 64);
  }
  EXPECT_EQ(picker.pick({false, true, true})->which, lane::bulk);
}

TEST(lane_picker, a_debt_is_bounded) {
  lane_picker picker;
  picker.pick(all);
  picker.spend(lane::high, ~std::uint64_t{0});
  int others = 0;
  for (auto turn = picker.pick(all); turn->which != lane::high; turn = picker.pick(all)) {
    picker.spend(turn->which, turn->budget);
    ASSERT_LE(++others, 2 * (lane_picker::max_debt_turns + 1));
  }
  EXPECT_GE(others, 2 * lane_picker::max_debt_turns);
}

TEST(lane_picker, a_debt_shrinks_while_its_lane_is_empty) {
  lane_picker picker;
  picker.pick(all);
  picker.spend(lane::high, 128 + 256);  // two turns too many
  for (int turns = 0; turns < 2 * 3; ++turns) {
    const auto turn = picker.pick({false, true, true});
    picker.spend(turn->which, turn->budget);
  }
  const auto turn = picker.pick(all);
  EXPECT_EQ(turn->which, lane::high);
  EXPECT_EQ(turn->budget, 128U);
}

TEST(lane_picker, a_debt_is_forgotten_once_no_lane_has_work) {
  lane_picker picker;
  picker.pick(all);
  picker.spend(lane::high, 10'000);
  picker.pick(none);
  EXPECT_EQ(picker.pick({true, false, true})->which, lane::bulk);
  picker.spend(lane::bulk, 16);
  EXPECT_EQ(picker.pick({true, false, true})->which, lane::high);
}

TEST(lane_picker, weights_of_zero_count_as_one) {
  lane_picker picker{{{0, 0, 0}, 0}};
  for (const auto which : {lane::high, lane::normal, lane::bulk}) {
    const auto turn = picker.pick(all);
    ASSERT_TRUE(turn);
    EXPECT_EQ(turn->which, which);
    EXPECT_EQ(turn->budget, 1U);
    picker.spend(which, 1);
  }
}

}  // namespace
}  // namespace dispatch
