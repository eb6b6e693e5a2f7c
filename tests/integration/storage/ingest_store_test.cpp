#include "storage/ingest_store.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/integration/storage/asking_store.hpp"
#include "tests/support/redis_server.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

class ingest_store_test : public ::testing::Test {
 protected:
  std::map<std::string, std::string> hash(const std::string& rest) {
    std::map<std::string, std::string> out;
    const auto flat = redis_.command({"HGETALL", space_ + ":" + rest});
    for (std::size_t at = 0; at + 1 < flat.size(); at += 2) out[flat.at(at).text] = flat.at(at + 1).text;
    return out;
  }
  std::int64_t length(const std::string& lane) {
    return redis_.command({"XLEN", space_ + ":" + lane}).as_integer();
  }

  std::string space_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  redis_client redis_ = redis_server::shared().client();
  asking_store store_{redis_server::shared().url(), space_};
};

TEST_F(ingest_store_test, a_stored_job_is_in_its_lane_with_a_record_that_names_its_entry) {
  auto one = a_job("a");
  one.lane = lane::bulk;
  one.correlation_id = "c-1";
  const auto answer = store_.submit(one);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->verdict, submit_verdict::stored);
  EXPECT_EQ(answer->total, 3u);
  const auto record = hash("job:t:a");
  const auto entries = redis_.command({"XRANGE", space_ + ":jobs:bulk", "-", "+"});
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(record.at("entry"), space_ + ":jobs:bulk " + entries.at(0).at(0).text);
  EXPECT_EQ(entries.at(0).at(1).field("job").as_text(), "{}");
  EXPECT_EQ(entries.at(0).at(1).field("correlation_id").as_text(), "c-1");
  EXPECT_EQ(record.at("state"), "accepted");
  EXPECT_EQ(record.at("left"), "3");
  EXPECT_EQ(record.at("sha256"), to_hex(sha256("{}")));
}

TEST_F(ingest_store_test, the_same_document_is_a_repeat_and_another_a_conflict) {
  auto first = a_job("a");
  first.lane = lane::high;
  store_.submit(first);
  const auto again = store_.submit(a_job("a"));
  EXPECT_EQ(again->verdict, submit_verdict::repeat);
  EXPECT_EQ(again->lane, lane::high);
  EXPECT_EQ(store_.submit(a_job("a", "{ }"))->verdict, submit_verdict::conflict);
  EXPECT_EQ(length("jobs:high") + length("jobs"), 1);
}

TEST_F(ingest_store_test, a_job_cancelled_before_it_came_stays_cancelled) {
  redis_.command({"HSET", space_ + ":job:t:a", "state", "cancelled"});
  EXPECT_EQ(store_.submit(a_job("a"))->verdict, submit_verdict::stored);
  EXPECT_EQ(hash("job:t:a").at("state"), "cancelled");
  EXPECT_EQ(hash("job:t:a").at("left"), "3");
}

TEST_F(ingest_store_test, many_at_once_are_stored_once_each_and_counted_exactly) {
  std::vector<std::future<store_result<submit_answer>>> answers;
  for (int at = 0; at < 2'000; ++at) {
    admission who;
    who.counter = at % 2 == 0 ? "key:even" : "key:odd";
    who.windows = {600, 0, 0};
    auto done = std::make_shared<std::promise<store_result<submit_answer>>>();
    answers.push_back(done->get_future());
    store_.store().submit(who, {a_job("job-" + std::to_string(at % 1'000))},
                          [done](auto result) { done->set_value(std::move(result)); });
  }
  std::map<std::string, int> found;
  for (auto& each : answers) {
    const auto answer = each.get();
    ASSERT_TRUE(answer);
    if (answer->admitted.verdict == admit_verdict::limited)
      ++found["limited"];
    else
      ++found[answer->verdict == submit_verdict::stored ? "stored" : "repeat"];
  }
  EXPECT_EQ(found["limited"], 800);
  EXPECT_EQ(found["stored"], 1'000);
  EXPECT_EQ(found["repeat"], 200);
  EXPECT_EQ(length("jobs"), 1'000);
}

TEST_F(ingest_store_test, an_audience_is_taken_over_and_its_length_is_the_total) {
  EXPECT_EQ(*store_.append("all", {"1", "2", "3", "4", "5"}), 5u);
  auto one = a_job("a");
  one.total = 0;
  one.audience = "all";
  EXPECT_EQ(store_.submit(one)->total, 5u);
  EXPECT_EQ(hash("job:t:a").at("total"), "5");
  EXPECT_EQ(redis_.command({"LLEN", space_ + ":taken:t:a"}).as_integer(), 5);
  auto other = a_job("b");
  other.audience = "all";
  EXPECT_EQ(store_.submit(other)->verdict, submit_verdict::no_audience);
  EXPECT_TRUE(hash("job:t:b").empty());
  EXPECT_EQ(store_.submit(one)->verdict, submit_verdict::repeat);
}

TEST_F(ingest_store_test, a_signed_request_is_taken_once_whatever_it_asks) {
  admission who;
  who.replay_key = "hook:m1";
  who.replay_ttl = 300s;
  EXPECT_EQ(store_.submit(a_job("a"), who)->admitted.verdict, admit_verdict::admitted);
  EXPECT_EQ(store_.submit(a_job("b"), who)->admitted.verdict, admit_verdict::replayed);
  EXPECT_EQ(store_.admit(who)->verdict, admit_verdict::replayed);
  EXPECT_TRUE(hash("job:t:b").empty());
}

TEST_F(ingest_store_test, who_is_limited_stores_nothing_and_may_use_its_signature_later) {
  admission who;
  who.counter = "key:k";
  who.windows = {1, 0, 0};
  store_.admit(who);
  who.replay_key = "k:m1";
  who.replay_ttl = 300s;
  EXPECT_EQ(store_.submit(a_job("a"), who)->admitted.verdict, admit_verdict::limited);
  EXPECT_TRUE(hash("job:t:a").empty());
  EXPECT_EQ(redis_.command({"EXISTS", space_ + ":replay:k:m1"}).as_integer(), 0);
}

TEST_F(ingest_store_test, orders_change_jobs_there_are_and_leave_no_trace_of_others) {
  store_.submit(a_job("a"));
  EXPECT_EQ(store_.order(job_order::pause, "a")->now, "paused");
  EXPECT_EQ(store_.order(job_order::resume, "a")->now, "accepted");
  EXPECT_EQ(store_.order(job_order::cancel, "a")->now, "cancelled");
  EXPECT_TRUE(store_.order(job_order::cancel, "a")->was_final());
  EXPECT_FALSE(store_.order(job_order::cancel, "none")->known());
  EXPECT_TRUE(hash("job:t:none").empty());
}

TEST_F(ingest_store_test, status_is_what_the_record_says) {
  store_.submit(a_job("a"));
  redis_.command({"HSET", space_ + ":job:t:a", "delivered", "2", "started_at", "5"});
  const auto found = store_.status("a");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->state, "accepted");
  EXPECT_EQ((*found)->outcomes[index_of(outcome::delivered)], 2u);
  EXPECT_EQ((*found)->started_at, 5ms);
  EXPECT_GT((*found)->now, (*found)->created_at - 1ms);
  EXPECT_FALSE(store_.status("none")->has_value());
}

TEST_F(ingest_store_test, scripts_redis_has_forgotten_are_given_again) {
  redis_.command({"SCRIPT", "FLUSH"});
  EXPECT_EQ(store_.submit(a_job("a"))->verdict, submit_verdict::stored);
  EXPECT_EQ(store_.admit({})->verdict, admit_verdict::admitted);
}

TEST_F(ingest_store_test, a_spoiled_key_is_refused_and_nothing_is_stored) {
  redis_.command({"SET", space_ + ":jobs", "no stream"});
  const auto answer = store_.submit(a_job("a"));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(hash("job:t:a").empty());
  redis_.command({"DEL", space_ + ":jobs"});
  redis_.command({"SET", space_ + ":job:t:b", "no hash"});
  EXPECT_EQ(store_.submit(a_job("b"))->verdict, submit_verdict::conflict);
}

TEST(ingest_store_faults, with_memory_used_up_a_job_is_stored_whole_or_not_at_all) {
  redis_server server;
  auto redis = server.client();
  asking_store store(server.url(), "full");
  EXPECT_TRUE(store.submit(a_job("a")));
  redis.command({"CONFIG", "SET", "maxmemory", "1"});
  const auto refused = store.submit(a_job("b"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, store_error::code::unavailable);
  redis.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(redis.command({"XLEN", "full:jobs"}).as_integer(), 1);
  EXPECT_EQ(redis.command({"EXISTS", "full:job:t:b"}).as_integer(), 0);
  EXPECT_EQ(store.submit(a_job("b"))->verdict, submit_verdict::stored);
}

TEST(ingest_store_faults, while_redis_is_away_every_call_is_answered_at_once) {
  redis_server server;
  asking_store store(server.url(), "away");
  server.kill();
  while (store.store().available()) std::this_thread::yield();
  for (int at = 0; at < 1'000; ++at) {
    const auto began = std::chrono::steady_clock::now();
    ASSERT_FALSE(store.submit(a_job("a")));
    ASSERT_LT(std::chrono::steady_clock::now() - began, 50ms);
  }
  server.start();
  while (!store.store().available()) std::this_thread::yield();
  EXPECT_TRUE(store.submit(a_job("a")));
}

TEST(ingest_store_faults, what_waits_is_bounded_in_count_and_bytes) {
  ingest::ingest_limits limits;
  limits.max_waiting = 10;
  limits.max_waiting_bytes = 1'000;
  asking_store store(redis_server::shared().url(), "bounded", limits);
  EXPECT_FALSE(store.submit(a_job("large", std::string(1'001, 'x'))));
  std::atomic<int> stored = 0, refused = 0;
  for (int at = 0; at < 1'000; ++at) {
    store.store().submit({}, {a_job("j" + std::to_string(at), std::string(100, 'x'))},
                         [&](const auto& result) { ++(result ? stored : refused); });
  }
  while (stored + refused < 1'000) std::this_thread::yield();
  EXPECT_GT(stored, 0);
  EXPECT_GT(refused, 0);
  EXPECT_TRUE(store.submit(a_job("after")));
}

}  // namespace
}  // namespace dispatch
