#include "actors/intake/suspect_line.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

constexpr std::uint32_t many = 400;

run_ptr run_of(std::uint32_t recipients, const died_upto& died = {-1, -1, -1}, lane in = lane::normal) {
  auto owner = std::make_shared<run>();
  owner->lane = in;
  owner->died_upto = died;
  owner->states.resize(recipients);
  return owner;
}

std::uint32_t size_of(const std::vector<suspect_line::part>& group) {
  std::uint32_t count = 0;
  for (const auto& part : group) {
    for (auto at = part.begin; at < part.end; ++at) count += part.owner->states[at].suspect > 0 ? 1 : 0;
  }
  return count;
}

TEST(suspect_line, what_was_only_recovered_starts_as_far_as_it_can_be_in_flight) {
  suspect_line line(many);
  line.add(run_of(1'000));
  EXPECT_EQ(line.waiting(lane::normal), 1'000u);
  const auto group = line.next_group();
  ASSERT_EQ(group.size(), 3u);
  EXPECT_EQ(group[0].end, suspect_line::few);
  EXPECT_EQ(group[0].company, company::few);
  EXPECT_EQ(group[1].end, suspect_line::some);
  EXPECT_EQ(group[1].company, company::some);
  EXPECT_EQ(group[2].end, many);
  EXPECT_EQ(group[2].company, company::many);
  EXPECT_TRUE(line.next_group().empty());
  line.over({10, 0, 0});
  const auto more = line.next_group();
  ASSERT_EQ(more.size(), 1u);
  EXPECT_EQ(more[0].begin, many);
  EXPECT_EQ(size_of(more), 10u);
  EXPECT_EQ(more[0].company, company::many);
  EXPECT_EQ(line.waiting(lane::normal), 1'000u - many - 10);
  EXPECT_FALSE(line.anyone_alone());
}

TEST(suspect_line, gathers_a_group_from_several_entries_the_high_lane_first) {
  suspect_line line(many);
  for (int i = 0; i < 5; ++i) line.add(run_of(1, {-1, -1, -1}, lane::bulk));
  const auto urgent = run_of(1, {-1, -1, -1}, lane::high);
  line.add(urgent);
  const auto group = line.next_group();
  EXPECT_EQ(group.size(), 6u);
  EXPECT_EQ(group.front().owner, urgent);
  for (const auto& part : group) EXPECT_EQ(part.company, company::few);
}

TEST(suspect_line, counts_only_who_may_start) {
  suspect_line line(many);
  auto owner = run_of(30);
  for (std::uint32_t at = 0; at < 30; at += 2) owner->states[at].ended = true;
  owner->states[1].withheld = true;
  line.add(owner);
  EXPECT_EQ(size_of(line.next_group()), 14u);
  EXPECT_EQ(owner->states[0].suspect, 0u);
  EXPECT_EQ(owner->states[1].suspect, 0u);
  EXPECT_EQ(line.waiting(lane::normal), 0u);
}

TEST(suspect_line, the_less_company_a_recipient_died_in_the_less_it_gets) {
  suspect_line line(many);
  auto owner = run_of(1'000, {499, 99, 3});
  owner->states[1].ended = true;
  line.add(owner);
  ASSERT_TRUE(line.anyone_alone());
  std::vector<std::uint32_t> alone;
  while (const auto next = line.next_alone()) alone.push_back(next->position);
  EXPECT_EQ(alone, (std::vector<std::uint32_t>{0, 2, 3}));
  EXPECT_FALSE(line.anyone_alone());
  const auto group = line.next_group();
  ASSERT_EQ(group.size(), 5u);
  EXPECT_EQ(group[0].begin, 4u);
  EXPECT_EQ(group[0].end, 4u + suspect_line::few);
  EXPECT_EQ(group[0].company, company::few);
  EXPECT_EQ(group[1].begin, 100u);
  EXPECT_EQ(group[1].end, 100u + suspect_line::some);
  EXPECT_EQ(group[1].company, company::some);
  for (auto at = 2u; at < 5; ++at) {
    EXPECT_GE(group[at].begin, 500u);
    EXPECT_EQ(group[at].company, company::many) << "its mark must not speak of those before it";
  }
  line.over({0, 0, 3});
  const auto more = line.next_group();
  ASSERT_EQ(more.size(), 1u);
  EXPECT_EQ(more[0].end, 4u + suspect_line::few + 3);
}

TEST(suspect_line, ends_with_those_to_run_alone_that_are_over_meanwhile) {
  suspect_line line(many);
  auto owner = run_of(2, {-1, -1, 5});
  owner->states[0].ended = owner->states[1].ended = true;
  line.add(owner);
  EXPECT_TRUE(line.anyone_alone());
  EXPECT_FALSE(line.next_alone());
  EXPECT_FALSE(line.anyone_alone());
  EXPECT_TRUE(line.next_group().empty());
  EXPECT_EQ(line.waiting(lane::normal), 0u);
}

}  // namespace
}  // namespace dispatch
