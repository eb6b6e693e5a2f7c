// Which parts of a checkpoint go together, and what waits for a spoiled key.

#include "actors/tracker/set_aside.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

constexpr unit_number a = 2, b = 3, c = 4;

run_ptr a_run() {
  return std::make_shared<run>();
}

/// Three runs: each counts for its job and ends its entry; the first has a letter and a completion, the
/// second a rest without a time, the third one with.
tagged_checkpoint three_runs(const std::vector<run_ptr>& runs) {
  auto content = std::make_shared<checkpoint>();
  tagged_checkpoint what;
  for (const auto unit : {a, b, c}) {
    const auto name = std::to_string(unit);
    content->jobs.push_back({"t", name, {1}});
    what.tags.jobs.push_back(unit);
    content->done.push_back({nullptr, name});
    what.tags.done.push_back(unit);
    what.tags.tallies.push_back({unit, runs[unit - a], 10 * unit});
  }
  content->dead.push_back({"t", "letter", "", "", 0, "", {}});
  what.tags.dead = {a};
  content->completions.push_back({0, "first", "", "", ""});
  content->completions.push_back({2, "third", "", "", ""});
  content->parks.push_back({{}, std::nullopt, "now", "", "", ""});
  content->parks.push_back({{}, epoch_ms(1), "later", "", "", ""});
  what.tags.parks = {b, c};
  content->posts_ended = 7;
  what.content = std::move(content);
  return what;
}

class set_aside_units : public testing::Test {
 protected:
  std::vector<run_ptr> runs{a_run(), a_run(), a_run()};
  tagged_checkpoint what = three_runs(runs);
  set_aside::time_point now{std::chrono::hours(1)};
};

TEST_F(set_aside_units, are_those_that_need_the_spoiled_key) {
  const auto needing = [&](auto spoil) {
    unusable_parts parts;
    spoil(parts);
    return units_needing(what, parts);
  };
  EXPECT_EQ(needing([](auto& parts) { parts.dead = true; }), (unit_set{a}));
  EXPECT_EQ(needing([](auto& parts) { parts.waiting = true; }), (unit_set{b}));
  EXPECT_EQ(needing([](auto& parts) { parts.due = true; }), (unit_set{c}));
  EXPECT_EQ(needing([](auto& parts) { parts.parks = {1}; }), (unit_set{c}));
  EXPECT_EQ(needing([](auto& parts) { parts.jobs = {1}; }), (unit_set{b}));
  EXPECT_EQ(needing([](auto& parts) { parts.posts = true; }), (unit_set{unit_of_posts, a, c}));
  EXPECT_EQ(needing([](auto& parts) { parts.tokens = parts.progress = true; }), unit_set{});
}

TEST_F(set_aside_units, leave_whole_and_completions_follow_their_jobs) {
  const auto away = take_out(what, {a, b});
  ASSERT_EQ(what.content->jobs.size(), 1U);
  EXPECT_EQ(what.content->jobs[0].id, std::to_string(c));
  ASSERT_EQ(what.content->completions.size(), 1U);
  EXPECT_EQ(what.content->completions[0].head, "third");
  EXPECT_EQ(what.content->completions[0].job, 0U);
  EXPECT_TRUE(what.content->dead.empty());
  EXPECT_EQ(what.content->done.size(), 1U);
  EXPECT_EQ(what.content->posts_ended, 7U);
  EXPECT_EQ(what.recipients(), 40U);
  EXPECT_EQ(away.content->jobs.size(), 2U);
  EXPECT_EQ(away.content->parks.at(0).document, "now");
  EXPECT_EQ(away.tags.parks, (std::vector<unit_number>{b}));
  EXPECT_EQ(away.recipients(), 50U);
}

TEST_F(set_aside_units, that_are_joined_keep_their_order_and_places) {
  auto all = take_out(what, {a});
  append(all, take_out(what, {c}));
  EXPECT_EQ(all.content->jobs.at(1).id, std::to_string(c));
  EXPECT_EQ(all.content->completions.at(1).job, 1U);
  EXPECT_EQ(all.tags.jobs, (std::vector<unit_number>{a, c}));
}

TEST_F(set_aside_units, count_in_max_in_flight_up_to_half_of_it) {
  set_aside aside;
  EXPECT_EQ(aside.add(take_out(what, {a, b}), true, 80), 10U) << "50 are more than 40";
  EXPECT_EQ(runs[0]->unwritten, run_hold::held);
  EXPECT_EQ(runs[2]->unwritten, run_hold::none);
  auto again = aside.take(now);
  EXPECT_EQ(again.recipients(), 50U);
  EXPECT_TRUE(aside.empty());
  aside.put_back(take_out(again, {a}), now);
  EXPECT_EQ(aside.written(again.tags, now), 20U) << "the other 10 had left before";
  EXPECT_EQ(runs[1]->unwritten, run_hold::none);
  EXPECT_EQ(runs[0]->unwritten, run_hold::held);
  EXPECT_EQ(aside.recipients(), 20U);
}

TEST_F(set_aside_units, are_tried_again_after_a_while) {
  set_aside aside;
  aside.add(take_out(what, {a}), false, 80);
  EXPECT_EQ(runs[0]->unwritten, run_hold::aside);
  aside.put_back(aside.take(now), now);
  EXPECT_TRUE(aside.take(now + set_aside::again / 2).empty());
  EXPECT_FALSE(aside.take(now + set_aside::again).empty());
}

}  // namespace
}  // namespace dispatch
