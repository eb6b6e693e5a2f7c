#include "actors/control/job_control.hpp"

#include <gtest/gtest.h>

#include "core/job/job_parser.hpp"

namespace dispatch {
namespace {

run_ptr a_run(const std::string& tenant, const std::string& id, bool has_hash = true) {
  auto parsed = job_parser{}.parse(R"({"id":")" + id + R"(","tenant":")" + tenant +
                                   R"(","message":{"title":"T"},"recipients":[{"platform":"ios","token":")" +
                                   std::string(64, 'a') + R"("}]})");
  auto out = std::make_shared<run>();
  out->document = std::move(std::get<std::unique_ptr<job>>(parsed));
  out->has_hash = has_hash;
  return out;
}

TEST(job_control, finds_all_parts_of_a_job_and_nobody_elses) {
  job_control control;
  const auto one = a_run("t", "j"), two = a_run("t", "j"), other = a_run("u", "j"), next = a_run("t", "j2");
  for (const auto& each : {one, two, other, next}) control.opened(each);
  EXPECT_EQ(control.find("t", "j"), (std::vector<run_ptr>{one, two}));
  EXPECT_EQ(control.pause("t", "j").size(), 2u);
  EXPECT_EQ(one->mode, run_mode::paused);
  EXPECT_EQ(two->mode, run_mode::paused);
  EXPECT_EQ(other->mode, run_mode::running);
  EXPECT_EQ(next->mode, run_mode::running);
  EXPECT_TRUE(control.find("t", "absent").empty());
}

TEST(job_control, answers_only_what_changed) {
  job_control control;
  const auto one = a_run("t", "j");
  control.opened(one);
  EXPECT_TRUE(control.resume("t", "j").empty());
  EXPECT_EQ(control.pause("t", "j").size(), 1u);
  EXPECT_TRUE(control.pause("t", "j").empty());
  EXPECT_EQ(control.resume("t", "j").size(), 1u);
  EXPECT_EQ(one->mode, run_mode::running);
  EXPECT_EQ(control.apply(job_action{job_order::pause, "t", "j"}).size(), 1u);
  EXPECT_EQ(control.apply(job_action{job_order::cancel, "t", "j"}).size(), 1u);
  EXPECT_TRUE(control.cancel("t", "j").empty());
}

TEST(job_control, a_cancelled_run_stays_cancelled) {
  job_control control;
  const auto one = a_run("t", "j");
  control.opened(one);
  control.cancel("t", "j");
  EXPECT_TRUE(control.apply(job_action{job_order::resume, "t", "j"}).empty());
  EXPECT_TRUE(control.pause("t", "j").empty());
  EXPECT_EQ(one->mode, run_mode::cancelled);
}

TEST(job_control, keeps_no_run_alive_and_none_without_a_record) {
  job_control control;
  auto one = a_run("t", "j");
  control.opened(one);
  control.opened(a_run("t", "bare", false));
  EXPECT_EQ(control.registered(), 1u);
  one.reset();
  EXPECT_TRUE(control.find("t", "j").empty());
}

TEST(job_control, forgets_what_ended_and_stays_small) {
  job_control control;
  std::vector<run_ptr> alive;
  std::size_t most = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto one = a_run("t", "j" + std::to_string(i));
    control.opened(one);
    if (i % 40 == 0) alive.push_back(std::move(one));
    most = std::max(most, control.registered());
  }
  EXPECT_LE(most, 2 * alive.size() + job_control::slack);
  for (const auto& one : alive) ASSERT_EQ(control.find("t", one->document->id).size(), 1u);
}

TEST(job_control, lanes_are_paused_one_by_one) {
  job_control control;
  EXPECT_FALSE(control.paused(lane::bulk));
  EXPECT_TRUE(control.apply(lane_action{lane::bulk, true}));
  EXPECT_FALSE(control.apply(lane_action{lane::bulk, true}));
  EXPECT_TRUE(control.paused(lane::bulk));
  EXPECT_FALSE(control.paused(lane::high));
  EXPECT_TRUE(control.apply(lane_action{lane::bulk, false}));
  control.set_paused({true, false, false});
  EXPECT_TRUE(control.paused(lane::high));
}

TEST(parse_control, understands_what_is_in_the_stream) {
  EXPECT_EQ(parse_control({"cancel", {{"tenant", "t"}, {"id", "a:b"}}}),
            control_action(job_action{job_order::cancel, "t", "a:b"}));
  EXPECT_EQ(parse_control({"pause", {{"id", "j"}, {"tenant", "t"}}}),
            control_action(job_action{job_order::pause, "t", "j"}));
  EXPECT_EQ(parse_control({"resume", {{"tenant", "t"}, {"id", "j"}, {"more", "x"}}}),
            control_action(job_action{job_order::resume, "t", "j"}));
  EXPECT_EQ(parse_control({"lane_pause", {{"lane", "high"}}}), control_action(lane_action{lane::high, true}));
  EXPECT_EQ(parse_control({"lane_resume", {{"lane", "bulk"}}}),
            control_action(lane_action{lane::bulk, false}));
  EXPECT_EQ(parse_control({"breaker", {{"scope", "fcm:default"}, {"state", "open"}, {"version", "12"}}}),
            control_action(breaker_action{"fcm:default", 12}));
  EXPECT_EQ(parse_control({"release", {{"consumer", "host-1"}}}), control_action(release_action{"host-1"}));
  EXPECT_EQ(parse_control({"hygiene", {{"scope", "fcm:default"}, {"decision", "accept"}}}),
            control_action(decision_action{"fcm:default", true}));
  EXPECT_EQ(parse_control({"hygiene", {{"scope", "apns:x"}, {"decision", "discard"}}}),
            control_action(decision_action{"apns:x", false}));
  EXPECT_EQ(parse_control({"forget", {}}), control_action(forget_action{}));
}

TEST(parse_control, passes_over_what_it_cannot_use) {
  EXPECT_FALSE(parse_control({"", {}}));
  EXPECT_FALSE(parse_control({"of_a_later_version", {{"tenant", "t"}}}));
  EXPECT_FALSE(parse_control({"cancel", {{"tenant", "t"}}}));
  EXPECT_FALSE(parse_control({"pause", {{"id", "j"}}}));
  EXPECT_FALSE(parse_control({"lane_pause", {{"lane", "fast"}}}));
  EXPECT_FALSE(parse_control({"breaker", {{"version", "12"}}}));
  EXPECT_FALSE(parse_control({"release", {}}));
  EXPECT_FALSE(parse_control({"hygiene", {{"scope", "fcm:default"}, {"decision", "perhaps"}}}));
  EXPECT_FALSE(parse_control({"hygiene", {{"decision", "accept"}}}));
}

}  // namespace
}  // namespace dispatch
