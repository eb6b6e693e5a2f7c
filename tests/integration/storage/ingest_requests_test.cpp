// Requests of several jobs (gorush's pushes): all of a request is stored, or nothing of it.

#include <gtest/gtest.h>

#include "tests/integration/storage/asking_store.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/tcp_gate.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;

std::vector<job_submission> jobs(std::initializer_list<const char*> ids) {
  std::vector<job_submission> out;
  for (const auto* id : ids) out.push_back(a_job(id));
  return out;
}

admission once(const std::string& delivery) {
  admission who;
  who.counter = "key:k";
  who.windows = {10, 0, 0};
  who.replay_key = "k:" + delivery;
  who.replay_ttl = 300s;
  return who;
}

class ingest_requests : public ::testing::Test {
 protected:
  std::int64_t stored() { return redis_.command({"XLEN", space_ + ":jobs"}).as_integer(); }
  bool known(const std::string& id) {
    return redis_.command({"EXISTS", space_ + ":job:t:" + id}).as_integer() == 1;
  }

  std::string space_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  redis_client redis_ = redis_server::shared().client();
  asking_store store_{redis_server::shared().url(), space_};
};

TEST_F(ingest_requests, of_several_jobs_are_counted_once_and_stored_together) {
  const auto answer = store_.submit(jobs({"a", "b", "c"}), once("m1"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->verdict, submit_verdict::stored);
  EXPECT_EQ(answer->total, 9u);
  EXPECT_EQ(answer->admitted.used[0], 1u);
  EXPECT_EQ(stored(), 3);
  EXPECT_TRUE(known("a") && known("b") && known("c"));
}

TEST_F(ingest_requests, with_one_job_that_is_refused_store_none) {
  store_.submit(a_job("b", "another document"));
  EXPECT_EQ(store_.submit(jobs({"a", "b", "c"}))->verdict, submit_verdict::conflict);
  auto with_audience = jobs({"d", "e"});
  with_audience.back().audience = "nobody";
  EXPECT_EQ(store_.submit(with_audience)->verdict, submit_verdict::no_audience);
  EXPECT_EQ(stored(), 1);
  EXPECT_FALSE(known("a") || known("c") || known("d"));
}

TEST_F(ingest_requests, beyond_a_limit_or_used_before_store_none) {
  EXPECT_EQ(store_.submit(jobs({"a", "b"}), once("m1"))->admitted.verdict, admit_verdict::admitted);
  EXPECT_EQ(store_.submit(jobs({"c", "d"}), once("m1"))->admitted.verdict, admit_verdict::replayed);
  auto who = once("m2");
  who.windows.minute = 2;
  EXPECT_EQ(store_.submit(jobs({"c", "d"}), who)->admitted.verdict, admit_verdict::limited);
  EXPECT_EQ(stored(), 2);
  EXPECT_FALSE(known("c") || known("d"));
}

TEST_F(ingest_requests, repeated_are_repeats_and_what_was_missing_is_added) {
  store_.submit(jobs({"a", "b"}));
  EXPECT_EQ(store_.submit(jobs({"a", "b"}))->verdict, submit_verdict::repeat);
  EXPECT_EQ(stored(), 2);
  // One record's 24 hours are over, the other's are not.
  redis_.command({"DEL", space_ + ":job:t:b"});
  EXPECT_EQ(store_.submit(jobs({"a", "b"}))->verdict, submit_verdict::stored);
  EXPECT_EQ(stored(), 3);
}

TEST_F(ingest_requests, with_audiences_take_each_of_them_over) {
  store_.append("x", {"1", "2"});
  store_.append("y", {"1"});
  auto both = jobs({"a", "b"});
  both[0].audience = "x";
  both[1].audience = "y";
  EXPECT_EQ(store_.submit(both)->total, 3u);
  EXPECT_EQ(redis_.command({"LLEN", space_ + ":taken:t:a"}).as_integer(), 2);
  EXPECT_EQ(redis_.command({"LLEN", space_ + ":taken:t:b"}).as_integer(), 1);
}

TEST_F(ingest_requests, larger_than_a_batch_are_still_one_step) {
  std::vector<job_submission> many;
  many.reserve(1'001);
  for (int at = 0; at < 1'000; ++at) many.push_back(a_job("j" + std::to_string(at), std::string(4'000, 'x')));
  EXPECT_EQ(store_.submit(many)->total, 3'000u);
  EXPECT_EQ(stored(), 1'000);
  many.push_back(a_job("new"));
  many[500].document = "another";
  EXPECT_EQ(store_.submit(many)->verdict, submit_verdict::conflict);
  EXPECT_FALSE(known("new"));
}

TEST(ingest_requests_faults, an_answer_lost_on_its_way_is_no_second_set_of_jobs) {
  redis_server server;
  tcp_gate gate(server.port());
  auto redis = server.client();
  asking_store store("redis://127.0.0.1:" + std::to_string(gate.port()), "lost");
  const auto three = jobs({"a", "b", "c"});
  gate.cut_next_answer();
  EXPECT_FALSE(store.submit(three));
  ASSERT_TRUE(gate.has_cut());
  EXPECT_EQ(redis.command({"XLEN", "lost:jobs"}).as_integer(), 3) << "stored, but nobody knows";
  while (!store.store().available()) std::this_thread::yield();
  EXPECT_EQ(store.submit(three)->verdict, submit_verdict::repeat);
  EXPECT_EQ(redis.command({"XLEN", "lost:jobs"}).as_integer(), 3);
}

TEST(ingest_requests_faults, a_signature_is_spent_only_with_what_it_stores) {
  redis_server server;
  auto redis = server.client();
  asking_store store(server.url(), "spent");
  redis.command({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_FALSE(store.submit(jobs({"a", "b"}), once("m1")));
  redis.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(redis.command({"EXISTS", "spent:replay:k:m1", "spent:job:t:a"}).as_integer(), 0);
  EXPECT_EQ(store.submit(jobs({"a", "b"}), once("m1"))->admitted.verdict, admit_verdict::admitted);
  EXPECT_EQ(redis.command({"XLEN", "spent:jobs"}).as_integer(), 2);
}

}  // namespace
}  // namespace dispatch
