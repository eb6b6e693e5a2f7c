// Cancel, pause, resume of jobs and lanes, and forced breakers: what stands in Redis afterwards.

#include <gmock/gmock.h>

#include <future>

#include "storage/redis_store.hpp"
#include "tests/integration/storage/operator/fixture.hpp"

namespace dispatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Pair;

class operator_jobs : public operator_fixture {};
class operator_lanes : public operator_fixture {};
class operator_breakers : public operator_fixture {};

TEST_F(operator_jobs, a_running_job_is_cancelled_once) {
  say({"HSET", key("job:t:a:b"), "state", "running", "left", "7"});
  const auto first = actions_.cancel("t", "a:b");
  EXPECT_TRUE(first.changed);
  EXPECT_EQ(first.before, "running");
  EXPECT_EQ(first.now, "cancelled");
  EXPECT_EQ(hash("job:t:a:b")["state"], "cancelled");
  EXPECT_EQ(pttl("job:t:a:b"), -1) << "its recipients are still to be counted";
  const auto again = actions_.cancel("t", "a:b");
  EXPECT_FALSE(again.changed);
  EXPECT_TRUE(again.was_final());
  EXPECT_THAT(events(), ElementsAre(fields{{"kind", "cancel"}, {"tenant", "t"}, {"id", "a:b"}}));
}

TEST_F(operator_jobs, what_is_over_stays_as_it_is) {
  for (const std::string state : {"done", "dead", "cancelled"}) {
    say({"HSET", key("job:t:j"), "state", state});
    EXPECT_FALSE(actions_.cancel("t", "j").changed);
    EXPECT_FALSE(actions_.pause("t", "j").changed);
    EXPECT_FALSE(actions_.resume("t", "j").changed);
    EXPECT_TRUE(actions_.resume("t", "j").was_final());
    EXPECT_EQ(hash("job:t:j")["state"], state);
  }
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(operator_jobs, a_job_not_read_yet_is_cancelled_when_it_is) {
  const auto answer = actions_.cancel("t", "later");
  EXPECT_TRUE(answer.changed);
  EXPECT_FALSE(answer.known());
  EXPECT_THAT(hash("job:t:later"), ElementsAre(Pair("state", "cancelled")));
  EXPECT_NEAR(double(pttl("job:t:later")), 86'400'000.0, 10'000.0);

  redis_options options;
  options.url = redis_server::shared().url();
  options.name_space = space_;
  options.consumer = "one";
  const auto storage = make_redis_store(options, {});
  std::promise<bool> acquired;
  storage->acquire(std::chrono::seconds(30), [&](auto epoch) { acquired.set_value(epoch.has_value()); });
  ASSERT_TRUE(acquired.get_future().get());
  acceptance job;
  job.tenant = "t";
  job.id = "later";
  job.total = 2;
  job.sha256 = "d1";
  job.where = {std::make_shared<source>(), "1-1"};
  std::promise<acceptance_result> accepted;
  storage->accept({job}, [&](auto answers) { accepted.set_value(answers->at(0)); });
  EXPECT_EQ(accepted.get_future().get(), acceptance_result::cancelled);
}

TEST_F(operator_jobs, pause_and_resume_go_to_and_from_the_state_it_had) {
  for (const std::string state : {"running", "scheduled", "accepted"}) {
    say({"HSET", key("job:t:j"), "state", state});
    EXPECT_EQ(actions_.pause("t", "j").now, "paused");
    EXPECT_EQ(hash("job:t:j")["state"], "paused");
    const auto again = actions_.pause("t", "j");
    EXPECT_FALSE(again.changed);
    EXPECT_EQ(again.before, "paused");
    EXPECT_EQ(actions_.resume("t", "j").now, state);
    EXPECT_THAT(hash("job:t:j"), ElementsAre(Pair("state", state)));
  }
  EXPECT_EQ(events().size(), 6u);
  EXPECT_EQ(events().front(), (fields{{"kind", "pause"}, {"tenant", "t"}, {"id", "j"}}));
  EXPECT_EQ(events().back(), (fields{{"kind", "resume"}, {"tenant", "t"}, {"id", "j"}}));
}

TEST_F(operator_jobs, a_scheduled_job_that_started_before_its_pause_took_hold_resumes_running) {
  say({"HSET", key("job:t:j"), "state", "scheduled"});
  actions_.pause("t", "j");
  say({"HSET", key("job:t:j"), "started_at", "5"});
  EXPECT_EQ(actions_.resume("t", "j").now, "running");
}

TEST_F(operator_jobs, a_job_nobody_knows_cannot_be_paused) {
  EXPECT_FALSE(actions_.pause("t", "j").known());
  EXPECT_FALSE(actions_.resume("t", "j").known());
  EXPECT_FALSE(exists("job:t:j"));
  EXPECT_THAT(events(), IsEmpty());
  EXPECT_THROW(actions_.cancel("t:u", "j"), std::invalid_argument);
  EXPECT_THROW(actions_.pause("t", ""), std::invalid_argument);
  EXPECT_THROW(actions_.pause("t", "a b"), std::invalid_argument);
}

TEST_F(operator_jobs, resume_gives_back_what_waited_for_it_with_all_fields) {
  say({"HSET", key("job:t:j"), "state", "paused"});
  for (int i = 0; i < 20; ++i) park("job=t/j", "bulk", "doc" + std::to_string(i));
  park("job=t/j", "high", "urgent");
  park("job=t/other", "bulk", "not mine");
  EXPECT_EQ(actions_.resume("t", "j").moved, 21u);
  const auto ready = stream("wait:ready:bulk");
  ASSERT_EQ(ready.size(), 20u);
  EXPECT_EQ(
      ready[3],
      (fields{{"job", "doc3"}, {"resume", "1 5 h 0 1x2"}, {"correlation_id", "c-1"}, {"traceparent", ""}}));
  EXPECT_EQ(stream("wait:ready:high").size(), 1u);
  EXPECT_EQ(groups("wait:ready:bulk"), 1u);
  EXPECT_TRUE(is_member("waiting", "ready\tbulk"));
  EXPECT_FALSE(is_member("waiting", "job=t/j\tbulk"));
  EXPECT_FALSE(exists("wait:job=t/j:bulk"));
  EXPECT_EQ(stream("wait:job=t/other:bulk").size(), 1u);
  EXPECT_FALSE(exists("wait:ready:normal"));

  park("job=t/j", "bulk", "a process had not heard of it");
  const auto again = actions_.resume("t", "j");
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.moved, 1u);
}

TEST_F(operator_jobs, cancel_of_a_paused_job_gives_its_rests_back_to_be_counted) {
  say({"HSET", key("job:t:j"), "state", "paused", "paused_from", "running"});
  park("job=t/j", "normal", "doc");
  EXPECT_EQ(actions_.cancel("t", "j").moved, 1u);
  EXPECT_EQ(stream("wait:ready:normal").size(), 1u);
  EXPECT_THAT(hash("job:t:j"), ElementsAre(Pair("state", "cancelled")));
}

TEST_F(operator_jobs, a_large_backlog_is_moved_in_several_steps) {
  say({"HSET", key("job:t:j"), "state", "paused"});
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 40; ++i) park("job=t/j", "bulk", large);
  EXPECT_EQ(actions_.resume("t", "j").moved, 40u);
  EXPECT_EQ(stream("wait:ready:bulk").size(), 40u);
  EXPECT_FALSE(exists("wait:job=t/j:bulk"));
}

TEST_F(operator_jobs, a_spoiled_key_changes_nothing) {
  say({"HSET", key("job:t:j"), "state", "paused"});
  say({"SET", key("wait:ready:bulk"), "not a stream"});
  EXPECT_THROW(actions_.resume("t", "j"), operator_error);
  EXPECT_EQ(hash("job:t:j")["state"], "paused");
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(operator_jobs, they_go_through_with_memory_used_up_and_scripts_forgotten) {
  redis_server small({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  auto client = small.client();
  operator_actions actions(client, "ns");
  EXPECT_TRUE(actions.cancel("t", "j").changed);
  EXPECT_TRUE(actions.pause_lane(lane::bulk));
  EXPECT_TRUE(actions.force_breaker("fcm:default", breaker_order::open).changed);
  client.command({"SCRIPT", "FLUSH"});
  EXPECT_TRUE(actions.cancel("t", "k").changed);
}

TEST_F(operator_lanes, are_paused_and_resumed_by_name) {
  EXPECT_TRUE(actions_.pause_lane(lane::bulk));
  EXPECT_FALSE(actions_.pause_lane(lane::bulk));
  EXPECT_TRUE(is_member("paused", "bulk"));
  EXPECT_THAT(actions_.paused_lanes(), ElementsAre(false, false, true, false));
  EXPECT_TRUE(actions_.resume_lane(lane::bulk));
  EXPECT_FALSE(actions_.resume_lane(lane::bulk));
  EXPECT_THAT(actions_.paused_lanes(), ElementsAre(false, false, false, false));
  EXPECT_THAT(events(), ElementsAre(fields{{"kind", "lane_pause"}, {"lane", "bulk"}},
                                    fields{{"kind", "lane_resume"}, {"lane", "bulk"}}));
}

TEST_F(operator_breakers, a_forced_state_is_a_version_of_its_own) {
  say({"HSET", key("breaker:fcm:default"), "state", "open", "version", "7", "failures", "5", "opened_at",
       "1000", "retry_at", "2000", "open_for", "30000", "reason", "failures"});
  const auto opened = actions_.force_breaker("fcm:default", breaker_order::open);
  EXPECT_TRUE(opened.changed);
  EXPECT_EQ(opened.before, "open");
  auto record = hash("breaker:fcm:default");
  EXPECT_THAT(record,
              IsSupersetOf({Pair("state", "forced_open"), Pair("version", "8"), Pair("reason", "operator"),
                            Pair("retry_at", "0"), Pair("failures", "0"), Pair("open_for", "0")}));
  EXPECT_GT(std::stoll(record["opened_at"]), 1'000'000);
  EXPECT_EQ(pttl("breaker:fcm:default"), -1);
  EXPECT_FALSE(actions_.force_breaker("fcm:default", breaker_order::open).changed);
  EXPECT_EQ(actions_.force_breaker("fcm:default", breaker_order::close).now, "forced_closed");
  EXPECT_EQ(actions_.force_breaker("fcm:default", breaker_order::automatic).now, "closed");
  record = hash("breaker:fcm:default");
  EXPECT_THAT(record, IsSupersetOf({Pair("state", "closed"), Pair("version", "10"), Pair("reason", "")}));
  EXPECT_GT(pttl("breaker:fcm:default"), 0);
  ASSERT_EQ(events().size(), 3u);
  EXPECT_EQ(
      events()[0],
      (fields{{"kind", "breaker"}, {"scope", "fcm:default"}, {"state", "forced_open"}, {"version", "8"}}));
}

TEST_F(operator_breakers, auto_ends_a_forced_state_and_no_other) {
  EXPECT_FALSE(actions_.force_breaker("fcm:default", breaker_order::automatic).changed);
  EXPECT_FALSE(exists("breaker:fcm:default"));
  say({"HSET", key("breaker:fcm:default"), "state", "half_open", "version", "3"});
  EXPECT_EQ(actions_.force_breaker("fcm:default", breaker_order::automatic).now, "half_open");
  EXPECT_EQ(hash("breaker:fcm:default")["version"], "3");
}

TEST_F(operator_breakers, what_the_engine_forced_open_becomes_the_operators) {
  say({"HSET", key("breaker:fcm:default"), "state", "forced_open", "version", "3", "reason", "mass_invalid"});
  EXPECT_TRUE(actions_.force_breaker("fcm:default", breaker_order::open).changed);
  EXPECT_EQ(hash("breaker:fcm:default")["reason"], "operator");
  EXPECT_THROW(actions_.force_breaker("fmc:default", breaker_order::open), std::invalid_argument);
}

TEST_F(operator_breakers, auto_gives_back_the_probes_of_a_half_open_round) {
  say({"HSET", key("breaker:fcm:default"), "state", "half_open", "version", "3", "probes", "3", "probes_at",
       "9999999999999"});
  EXPECT_FALSE(actions_.force_breaker("fcm:default", breaker_order::automatic).changed);
  EXPECT_EQ(hash("breaker:fcm:default")["probes"], "0");
  EXPECT_EQ(hash("breaker:fcm:default")["probes_at"], "0");
}

TEST_F(operator_breakers, a_record_that_cannot_be_read_is_replaced_by_one_newer_than_any) {
  const auto repaired = [&](breaker_order order, const std::string& state) {
    const auto change = actions_.force_breaker("fcm:default", order);
    EXPECT_TRUE(change.changed);
    EXPECT_EQ(change.before, "unreadable");
    auto record = hash("breaker:fcm:default");
    EXPECT_EQ(record["state"], state);
    EXPECT_GT(std::stoull(record["version"]), 1'000'000'000'000u);
  };
  say({"SET", key("breaker:fcm:default"), "no hash"});
  repaired(breaker_order::automatic, "closed");
  say({"HSET", key("breaker:fcm:default"), "state", "banana"});
  repaired(breaker_order::open, "forced_open");
  say({"HSET", key("breaker:fcm:default"), "version", "abc"});
  repaired(breaker_order::automatic, "closed");
}

}  // namespace
}  // namespace dispatch
