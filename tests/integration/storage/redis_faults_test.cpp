// The store while its Redis misbehaves: killed, emptied, out of memory, its scripts and groups taken away.

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "storage/redis_store.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/store_backend.hpp"

namespace dispatch {
namespace {

using namespace std::chrono_literals;
using code = store_error::code;

class one_server final : public store_backend {
 public:
  explicit one_server(redis_server& server) : server_(server) {}
  std::unique_ptr<store> open(const std::string& consumer) override {
    redis_options options;
    options.url = server_.url();
    options.consumer = consumer;
    redis_callbacks callbacks;
    callbacks.connection_changed = [this](bool up, const std::string&) {
      const std::lock_guard lock(mutex_);
      changes_.push_back(up);
      changed_.notify_all();
    };
    return make_redis_store(options, callbacks);
  }
  void run() override {}
  epoch_ms now() override { return {}; }
  std::string add(const std::string&, const fields&) override { return {}; }
  std::vector<fields> stream(const std::string&) override { return {}; }
  std::size_t pending(const std::string&) override { return 0; }
  fields hash(const std::string&) override { return {}; }
  void set_hash(const std::string&, const fields&) override {}
  void push(const std::string&, const std::vector<std::string>&) override {}
  std::vector<std::string> list(const std::string&) override { return {}; }
  void remove(const std::string&, const std::string&) override {}
  void pass(std::chrono::milliseconds) override {}
  void be_away(std::chrono::milliseconds) override {}
  void lapse(const std::string&) override {}

  bool wait_for_changes(std::vector<bool> wanted, std::chrono::milliseconds within = 10s) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, within, [&] { return changes_ == wanted; });
  }

 private:
  redis_server& server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> changes_;
};

class redis_faults : public testing::Test {
 protected:
  redis_server server{{"--appendonly", "yes", "--appendfsync", "always"}};
  one_server backend{server};
  redis_client client = server.client();
  process one{backend, "one"};

  void add(const std::string& document = "{}") {
    ASSERT_TRUE(client.command({"XADD", "dispatch:jobs", "*", "job", document}).is_string());
  }
  std::size_t read_some() {
    const auto got = one.read({{lane_source(lane::normal), 100}});
    return got ? got->front().entries.size() : 0;
  }
  template <class Call>
  bool eventually(Call call) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < until) {
      if (call()) return true;  // each failing call takes its time (script_runner::fail)
    }
    return false;
  }
};

TEST_F(redis_faults, a_killed_redis_is_found_again_within_two_seconds) {
  add();
  ASSERT_EQ(read_some(), 1U);
  auto waiting = one.begin_wait({lane_source(lane::normal)}, 30s);
  server.kill();
  const auto broken = one.end(std::move(waiting));
  ASSERT_TRUE(broken.has_error());
  EXPECT_EQ(broken.error().what, code::unavailable);
  ASSERT_TRUE(backend.wait_for_changes({true, false}));
  const auto began = std::chrono::steady_clock::now();
  const auto away = one.renew();
  ASSERT_TRUE(away.has_error());
  EXPECT_EQ(away.error().what, code::unavailable);
  EXPECT_LE(std::chrono::steady_clock::now() - began, 50ms);

  server.start();
  ASSERT_TRUE(backend.wait_for_changes({true, false, true}, 2'100ms));
  client = server.client();
  EXPECT_TRUE(one.renew()) << "the lease was on disk";
  add();
  EXPECT_EQ(read_some(), 1U);
  EXPECT_TRUE(one.end(one.begin_wait({lane_source(lane::normal)}, 1ms)));
}

TEST_F(redis_faults, an_emptied_redis_is_gone_on_with_under_a_new_lease) {
  add();
  ASSERT_EQ(read_some(), 1U);
  ASSERT_TRUE(one.write({}));
  ASSERT_TRUE(one.write({}));
  client.command({"FLUSHALL"});
  add("after");
  const auto first = one.read({{lane_source(lane::normal), 10}});
  ASSERT_TRUE(first.has_error());
  EXPECT_EQ(first.error().what, code::unavailable);
  EXPECT_EQ(read_some(), 1U) << "what was written before the groups were there again";
  ASSERT_TRUE(one.write({}));
  EXPECT_NE(one.sample()->durability_warning.find("lost writes"), std::string::npos);
}

TEST_F(redis_faults, nothing_is_kept_of_a_suspect_that_is_over) {
  add();
  const auto got = one.read({{lane_source(lane::normal), 1}});
  const entry_ref where{lane_source(lane::normal), got->front().entries.at(0).id};
  ASSERT_TRUE(one.mark({{{where, 3, company::some}}, {}}));
  EXPECT_EQ(client.command({"HLEN", "dispatch:suspects"}).as_integer(), 1);
  checkpoint done;
  done.done.push_back(where);
  ASSERT_TRUE(one.write(done));
  EXPECT_EQ(client.command({"HLEN", "dispatch:suspects"}).as_integer(), 0);
}

TEST_F(redis_faults, a_list_that_is_gone_has_nothing_to_repeat) {
  const auto list = list_source("fcm:default", lane::bulk);
  ASSERT_TRUE(one.read({{list, 5}})->front().drained);
  client.command({"FLUSHALL"});
  ASSERT_TRUE(one.read({{list, 5}}).has_error()) << "the lease went as well";
  const auto again = one.read({{list, 5}});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->front().drained) << "else it is read again at once, for ever";
}

TEST_F(redis_faults, a_key_that_is_no_stream_holds_up_no_other) {
  client.command({"DEL", "dispatch:jobs:high"});
  client.command({"SET", "dispatch:jobs:high", "spoiled"});
  add();
  const std::vector<read_ask> both{{lane_source(lane::high), 5}, {lane_source(lane::normal), 5}};
  const auto got = one.read(both);
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_FALSE(got->at(0).drained);
  EXPECT_EQ(got->at(1).entries.size(), 1U);
  const auto nothing_else = one.read(both);
  ASSERT_TRUE(nothing_else.has_error());
  EXPECT_EQ(nothing_else.error().what, code::refused);
}

TEST_F(redis_faults, lost_scripts_are_loaded_again_unnoticed) {
  client.command({"SCRIPT", "FLUSH"});
  add();
  EXPECT_EQ(read_some(), 1U);
  EXPECT_TRUE(one.renew());
}

TEST_F(redis_faults, lost_groups_and_streams_are_made_again_at_the_beginning) {
  add();
  client.command({"XGROUP", "DESTROY", "dispatch:jobs", "dispatchers"});
  add();
  EXPECT_EQ(read_some(), 2U);
  client.command({"DEL", "dispatch:jobs"});
  EXPECT_EQ(read_some(), 0U);
  add();
  EXPECT_EQ(read_some(), 1U);
}

TEST_F(redis_faults, with_memory_used_up_finished_work_can_leave_and_the_lease_holds) {
  add();
  const auto got = one.read({{lane_source(lane::normal), 1}});
  client.command({"CONFIG", "SET", "maxmemory", "1"});
  checkpoint what;
  what.done.push_back({lane_source(lane::normal), got->front().entries.at(0).id});
  what.dead.push_back({"acme", "{}", "retries", "", 5, "1-1", epoch_ms(1)});
  EXPECT_TRUE(one.write(what));
  EXPECT_TRUE(one.renew());
  EXPECT_EQ(client.command({"XLEN", "dispatch:jobs"}).as_integer(), 0);
  acceptance job{"acme", "j", lane::normal, 1, "aa", {lane_source(lane::normal), "1-1"}, epoch_ms(1), false};
  const auto refused = one.accept({job});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().what, code::unavailable);
  client.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(one.accept({job}));
}

TEST_F(redis_faults, a_replica_is_left_for_the_master) {
  client.command({"REPLICAOF", "127.0.0.1", "1"});
  const auto refused = one.renew();
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().what, code::unavailable);
  client.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(eventually([&] { return one.renew().has_value(); }));
}

TEST_F(redis_faults, a_spoiled_key_refuses_its_own_and_nothing_is_half_written) {
  client.command({"SET", "dispatch:dead", "spoiled"});
  client.command({"SET", "dispatch:results", "spoiled"});
  client.command({"SET", "dispatch:job:acme:j", "spoiled"});
  add();
  const auto got = one.read({{lane_source(lane::normal), 1}});
  checkpoint what;
  what.done.push_back({lane_source(lane::normal), got->front().entries.at(0).id});
  what.dead.push_back({"acme", "{}", "retries", "", 5, "1-1", epoch_ms(1)});
  what.parks.push_back({{lane::bulk, "ready"}, {}, "rest", "", "", ""});
  const auto refused = one.write_as(1, what);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().what, code::refused);
  EXPECT_EQ(client.command({"XLEN", "dispatch:jobs"}).as_integer(), 1);
  EXPECT_EQ(client.command({"EXISTS", "dispatch:wait:ready:bulk"}).as_integer(), 0);
  ASSERT_TRUE(refused.error().unusable);
  EXPECT_TRUE(refused.error().unusable->dead);
  what.dead.clear();
  what.jobs.push_back({"acme", "j", {1}});
  what.results.push_back({});
  const auto again = one.write_as(1, what);
  ASSERT_TRUE(again.has_error());
  EXPECT_EQ(again.error().unusable->jobs, std::vector<std::size_t>{0});
  EXPECT_EQ(client.command({"XLEN", "dispatch:jobs"}).as_integer(), 1);
  what.jobs.clear();
  EXPECT_TRUE(one.write_as(1, what)) << "results are best effort";
  EXPECT_EQ(client.command({"XLEN", "dispatch:jobs"}).as_integer(), 0);
}

TEST_F(redis_faults, a_job_whose_record_is_spoiled_is_asked_for_again) {
  const entry_ref where{lane_source(lane::normal), "1-1"};
  const acceptance job{"acme", "j", lane::normal, 3, "aa", where, epoch_ms(1), false};
  acceptance other = job;
  other.id = "k";
  const auto states = [&] { return *one.accept({job, other}); };
  using answers = std::vector<acceptance_result>;
  client.command({"SET", "dispatch:job:acme:j", "spoiled"});
  EXPECT_EQ(states(), (answers{acceptance_result::unusable, acceptance_result::accepted}));
  client.command({"DEL", "dispatch:job:acme:j"});
  EXPECT_EQ(states(), (answers{acceptance_result::accepted, acceptance_result::resumed}));
  for (const auto* field : {"state", "entry", "left", "drawn"}) {
    const auto kept = client.command({"HGET", "dispatch:job:acme:j", field}).text;
    client.command({"HSET", "dispatch:job:acme:j", field, "x y"});
    EXPECT_EQ(states().at(0), acceptance_result::unusable) << field;
    client.command({"HSET", "dispatch:job:acme:j", field, kept.empty() ? "0" : kept});
    EXPECT_EQ(states().at(0), acceptance_result::resumed) << field;
  }
  EXPECT_EQ(one.sample()->spoiled, std::vector<std::string>{"job"});
}

TEST_F(redis_faults, a_spoiled_value_refuses_its_own_part_and_nothing_is_half_counted) {
  const entry_ref where{lane_source(lane::normal), "1-1"};
  ASSERT_TRUE(one.accept({{"acme", "j", lane::normal, 3, "aa", where, epoch_ms(1), false}}));
  checkpoint what;
  what.jobs.push_back({"acme", "j", {1, 1}});
  for (const auto* field : {"delivered", "failed", "left", "state"}) {
    const auto kept = client.command({"HGET", "dispatch:job:acme:j", field}).text;
    client.command({"HSET", "dispatch:job:acme:j", field, "abc"});
    const auto refused = one.write_as(1, what);
    ASSERT_TRUE(refused.has_error() && refused.error().unusable) << field;
    EXPECT_EQ(refused.error().unusable->jobs, std::vector<std::size_t>{0}) << field;
    client.command({"HSET", "dispatch:job:acme:j", field, kept.empty() ? "0" : kept});
  }
  EXPECT_EQ(client.command({"HGET", "dispatch:job:acme:j", "delivered"}).text, "0");
  ASSERT_TRUE(one.write_as(1, what));
  EXPECT_EQ(client.command({"HGET", "dispatch:job:acme:j", "delivered"}).text, "1");
  EXPECT_EQ(client.command({"HGET", "dispatch:job:acme:j", "left"}).text, "1");
}

TEST_F(redis_faults, a_take_over_goes_through_spoiled_records_and_waits_for_what_it_needs) {
  process two{backend, "two"};
  add();
  const auto id = one.read({{lane_source(lane::normal), 1}})->front().entries.at(0).id;
  client.command({"ZADD", "dispatch:owners", "0", "one"});
  client.command({"HSET", "dispatch:suspects", "dispatch:jobs " + id, "no MessagePack"});
  client.command({"SADD", "dispatch:waiting", "no tab", "odd\tlane"});
  client.command({"SET", "dispatch:progress", "spoiled"});
  EXPECT_TRUE(two.take_over("one")->empty()) << "what is over is not known";
  client.command({"DEL", "dispatch:progress"});
  const auto got = two.take_over("one");
  ASSERT_TRUE(got && got->size() == 1) << (got ? "" : got.error().detail);
  EXPECT_EQ(got->front().entries.at(0).id, id);
  EXPECT_EQ(got->front().entries.at(0).deaths_alone, 0U);
}

TEST_F(redis_faults, a_scheduled_rest_that_is_spoiled_holds_up_none_behind_it) {
  checkpoint what;
  for (const auto* text : {"first", "second"}) {
    what.parks.push_back({{lane::bulk, "ready"}, epoch_ms(text[0] == 'f' ? 1 : 2), text, "", "", ""});
  }
  ASSERT_TRUE(one.write(what));
  const auto first = client.command({"ZRANGE", "dispatch:due", "0", "0"}).at(0).text;
  const auto kept = client.command({"HGET", "dispatch:due:items", first}).text;
  client.command({"HSET", "dispatch:due:items", first, "no MessagePack"});
  ASSERT_TRUE(one.move_due());
  EXPECT_EQ(client.command({"XLEN", "dispatch:wait:ready:bulk"}).as_integer(), 1);
  client.command({"HSET", "dispatch:due:items", first, kept});
  client.command({"ZADD", "dispatch:due", "1", first});
  ASSERT_TRUE(one.move_due());
  EXPECT_EQ(client.command({"XLEN", "dispatch:wait:ready:bulk"}).as_integer(), 2);
}

TEST_F(redis_faults, lost_owners_are_found_again_by_what_they_have_pending) {
  process two{backend, "two"};
  add();
  ASSERT_EQ(read_some(), 1U);
  client.command({"DEL", "dispatch:owners"});
  ASSERT_TRUE(two.renew());
  EXPECT_GT(client.command({"ZSCORE", "dispatch:owners", "one"}).as_integer(), 0);
  EXPECT_EQ(*two.lapsed(), std::vector<std::string>{}) << "it may live";
}

TEST_F(redis_faults, a_record_that_was_lost_is_no_take_over) {
  client.command({"DEL", "dispatch:owner:one"});
  ASSERT_TRUE(one.renew().has_error());
  EXPECT_TRUE(eventually([&] { return one.renew().has_value(); }));
}

TEST_F(redis_faults, a_schema_of_another_version_is_refused) {
  client.command({"HSET", "dispatch:meta", "schema", "2"});
  process two{backend, "two", false};
  const auto refused = two.acquire();
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().what, code::refused);
  EXPECT_NE(refused.error().detail.find("SCHEMA"), std::string::npos);
}

TEST_F(redis_faults, says_when_redis_may_lose_data) {
  EXPECT_EQ(one.sample()->durability_warning, "");
  client.command({"CONFIG", "SET", "appendonly", "no"});
  client.command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  process two{backend, "two"};
  const auto warning = two.sample()->durability_warning;
  EXPECT_NE(warning.find("nothing on disk"), std::string::npos);
  EXPECT_NE(warning.find("allkeys-lru"), std::string::npos);
}

TEST_F(redis_faults, an_empty_waiting_list_goes_after_a_minute) {
  checkpoint what;
  what.parks.push_back({{lane::bulk, "host:a"}, {}, "rest", "", "", ""});
  ASSERT_TRUE(one.write(what));
  const auto list = list_source("host:a", lane::bulk);
  const auto got = one.read({{list, 5}});
  checkpoint done;
  done.done.push_back({list, got->front().entries.at(0).id});
  ASSERT_TRUE(one.write(done));
  const auto seen = one.sample();
  ASSERT_TRUE(seen) << seen.error().detail;
  EXPECT_TRUE(seen->waiting.empty());
  EXPECT_EQ(client.command({"EXISTS", "dispatch:wait:host:a:bulk"}).as_integer(), 1);
  client.command({"DEL", "dispatch:wait:host:a:bulk"});
  client.command({"XGROUP", "CREATE", "dispatch:wait:host:a:bulk", "dispatchers", "0", "MKSTREAM"});
  one.sample();
  EXPECT_EQ(client.command({"EXISTS", "dispatch:wait:host:a:bulk"}).as_integer(), 0);
  EXPECT_EQ(client.command({"SCARD", "dispatch:waiting"}).as_integer(), 0);
  ASSERT_TRUE(one.write(what)) << "and comes back";
  EXPECT_EQ(one.read({{list, 5}})->front().entries.size(), 1U);
}

TEST_F(redis_faults, a_wake_up_takes_milliseconds) {
  const auto from = lane_source(lane::normal);
  std::vector<std::chrono::microseconds> took;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(one.read({{from, 100}})->front().drained);
    auto waiting = one.begin_wait({from});
    const auto began = std::chrono::steady_clock::now();
    add();
    ASSERT_TRUE(one.end(std::move(waiting)));
    ASSERT_EQ(read_some(), 1U);
    took.push_back(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began));
  }
  std::sort(took.begin(), took.end());
  RecordProperty("median_us", static_cast<int>(took[25].count()));
  EXPECT_LE(took[25], 20ms);
}

}  // namespace
}  // namespace dispatch
