#pragma once

// Part of store_conformance.hpp: what tenants have posted to them (docs/result-webhooks.md).

#include "tests/support/store_conformance.hpp"

namespace dispatch {

inline constexpr auto no_counts =
    R"("invalid_token":0,"quarantined":0,"suppressed":0,"expired":0,"cancelled":0,"dead":0})";

/// What must stand between head and tail of a completion.
inline std::string completion_of(const store_backend::fields& job, const std::string& counts) {
  std::string text = R"("state":")" + job.at("state") + R"(","total":)" + job.at("total");
  text += R"(,"counts":{)" + counts + no_counts;
  for (const auto* name : {"created_at", "started_at", "finished_at"}) {
    if (job.count(name) != 0) text.append(",\"").append(name).append("\":").append(job.at(name));
  }
  return text;
}

TEST_P(store_conformance, a_post_is_an_entry_of_the_results_lane) {
  process one(*backend, "one");
  checkpoint what;
  what.posts = {{"{\"n\":1}", "c", "t"}, {"{\"n\":2}", "", ""}};
  ASSERT_TRUE(one.write(what));
  const auto got = one.read({{lane_source(lane::results), 10}});
  ASSERT_TRUE(got);
  const auto& entries = got->front().entries;
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].document, "{\"n\":1}");
  EXPECT_EQ(entries[0].correlation_id, "c");
  EXPECT_EQ(entries[0].traceparent, "t");
  EXPECT_EQ(entries[1].document, "{\"n\":2}");
  EXPECT_EQ(backend->pending("outbox"), 2U);
}

TEST_P(store_conformance, a_job_that_ends_posts_its_counts_and_times) {
  process one(*backend, "one");
  ASSERT_TRUE(one.accept({job("j", add_and_read(one), 3)}));
  checkpoint what;
  what.jobs = {progress("other", 1), progress("j", 1)};
  what.completions = {{1, "<", ">", "c", "t"}};
  ASSERT_TRUE(one.write(what));
  EXPECT_TRUE(backend->stream("outbox").empty()) << "it goes on";
  what.jobs = {progress("other", 1), progress("j", 1, 1)};
  ASSERT_TRUE(one.write(what));
  const auto posts = backend->stream("outbox");
  ASSERT_EQ(posts.size(), 1U);
  EXPECT_EQ(posts[0].at("job"),
            "<" + completion_of(backend->hash("job:acme:j"), R"("delivered":2,"failed":1,)") + ">");
  EXPECT_EQ(posts[0].at("correlation_id"), "c");
  EXPECT_EQ(posts[0].at("traceparent"), "t");
}

TEST_P(store_conformance, a_job_of_one_recipient_posts_its_completion_too) {
  process one(*backend, "one");
  ASSERT_TRUE(one.accept({job("j", add_and_read(one), 1)}));
  checkpoint what;
  what.jobs = {progress("j", 1)};
  what.jobs[0].only_recipient = true;
  what.completions = {{0, "", "", "", ""}};
  ASSERT_TRUE(one.write(what));
  const auto posts = backend->stream("outbox");
  ASSERT_EQ(posts.size(), 1U);
  EXPECT_EQ(posts[0].at("job"), completion_of(backend->hash("job:acme:j"), R"("delivered":1,"failed":0,)"));
}

TEST_P(store_conformance, the_completion_of_a_cancelled_job_says_so) {
  process one(*backend, "one");
  ASSERT_TRUE(one.accept({job("j", add_and_read(one), 1)}));
  backend->set_hash("job:acme:j", {{"state", "cancelled"}, {"total", "1"}, {"left", "1"}});
  checkpoint what;
  what.jobs = {progress("j", 1)};
  what.completions = {{0, "", "", "", ""}};
  ASSERT_TRUE(one.write(what));
  const auto posts = backend->stream("outbox");
  ASSERT_EQ(posts.size(), 1U);
  EXPECT_EQ(posts[0].at("job").substr(0, 30), R"("state":"cancelled","total":1,)");
}

TEST_P(store_conformance, a_repeated_checkpoint_posts_nothing_again_and_a_fenced_one_nothing) {
  process one(*backend, "one");
  process two(*backend, "two");
  checkpoint what;
  what.posts = {{"{}", "", ""}};
  ASSERT_TRUE(one.write_as(1, what));
  ASSERT_TRUE(one.write_as(1, what));
  EXPECT_EQ(backend->stream("outbox").size(), 1U);
  backend->lapse("one");
  ASSERT_TRUE(two.take_over("one"));
  EXPECT_TRUE(is_fenced(one.write_as(2, what)));
  EXPECT_EQ(backend->stream("outbox").size(), 1U);
}

TEST_P(store_conformance, posts_are_open_until_they_end_wherever_they_are) {
  process one(*backend, "one");
  checkpoint what;
  what.posts = {{"{}", "", ""}, {"{}", "", ""}, {"{}", "", ""}};
  ASSERT_TRUE(one.write(what));
  const auto got = one.read({{lane_source(lane::results), 10}});
  ASSERT_EQ(got->front().entries.size(), 3U);
  checkpoint ended;
  ended.posts_ended = 1;
  ended.done = {{lane_source(lane::results), got->front().entries[0].id},
                {lane_source(lane::results), got->front().entries[1].id}};
  ended.parks.push_back({{lane::results, "ready"}, {}, "{}", "1 5 - 0 1x1", "", ""});
  ASSERT_TRUE(one.write(ended));
  const auto sample = one.sample();
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->posts_open, 2U) << "one parked, one in the lane";
  EXPECT_EQ(sample->posts_dropped, 0U);
  EXPECT_EQ(sample->lanes[index_of(lane::results)].depth, 1U);
  EXPECT_EQ(sample->lanes[index_of(lane::results)].pending, 1U);
  checkpoint more;
  more.posts_ended = 7;
  ASSERT_TRUE(one.write(more));
  EXPECT_EQ(one.sample()->posts_open, 0U) << "never fewer than none";
}

TEST_P(store_conformance, beyond_the_bound_posts_are_dropped_and_counted) {
  process one(*backend, "one");
  ASSERT_TRUE(one.accept({job("j", add_and_read(one), 1)}));
  backend->set_hash("outbox:state", {{"open", "999999"}});
  checkpoint what;
  what.jobs = {progress("j", 1)};
  what.completions = {{0, "", "", "", ""}};
  what.posts = {{"{}", "", ""}, {"{}", "", ""}};
  ASSERT_TRUE(one.write(what));
  EXPECT_EQ(backend->stream("outbox").size(), 1U);
  EXPECT_EQ(backend->hash("job:acme:j").at("state"), "done") << "everything else is written";
  auto sample = one.sample();
  EXPECT_EQ(sample->posts_open, 1'000'000U);
  EXPECT_EQ(sample->posts_dropped, 2U);
  checkpoint ended;
  ended.posts_ended = 1;
  ended.posts = {{"{}", "", ""}};
  ASSERT_TRUE(one.write(ended));
  EXPECT_EQ(backend->stream("outbox").size(), 2U) << "what ends makes room";
}

TEST_P(store_conformance, posts_of_a_dead_process_are_taken_over) {
  process one(*backend, "one");
  process two(*backend, "two");
  checkpoint what;
  what.posts = {{"{}", "c", ""}};
  ASSERT_TRUE(one.write(what));
  ASSERT_TRUE(one.read({{lane_source(lane::results), 10}}));
  backend->lapse("one");
  const auto taken = two.take_over("one");
  ASSERT_TRUE(taken && taken->size() == 1 && taken->front().entries.size() == 1);
  EXPECT_EQ(*taken->front().from, (source{lane::results, ""}));
  EXPECT_TRUE(taken->front().entries[0].recovered);
  EXPECT_EQ(taken->front().entries[0].correlation_id, "c");
}

}  // namespace dispatch
