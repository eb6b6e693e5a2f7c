#pragma once

// What every store must do; instantiated for the fake (tests/unit/storage) and for a real redis-server
// (tests/integration/storage). Include it and store_conformance_state.hpp in one translation unit, then
// INSTANTIATE_TEST_SUITE_P(NAME, store_conformance, testing::Values(factory)).

#include <algorithm>

#include "storage/redis/keys.hpp"
#include "tests/support/store_backend.hpp"

namespace dispatch {

using backend_factory = std::function<std::unique_ptr<store_backend>()>;

class store_conformance : public testing::TestWithParam<backend_factory> {
 protected:
  std::unique_ptr<store_backend> backend = GetParam()();

  std::string add_job(lane which, const std::string& document = R"({"x":1})") {
    return backend->add(redis::keyspace("").lane(which).substr(1), {{"job", document}});
  }
  /// Takes a job in and says where it is.
  entry_ref add_and_read(process& who, lane which = lane::normal) {
    add_job(which);
    const auto got = who.read({{lane_source(which), 1}});
    EXPECT_TRUE(got && got->front().entries.size() == 1);
    return {lane_source(which), got->front().entries.front().id};
  }
  static acceptance job(const std::string& id, const entry_ref& where, std::uint64_t total = 3,
                        const std::string& sha256 = "aa") {
    return {"acme", id, lane::normal, total, sha256, where, epoch_ms(1'000), false};
  }
  static job_progress progress(const std::string& id, std::uint32_t delivered, std::uint32_t failed = 0) {
    job_progress one{"acme", id, {}};
    one.add[index_of(outcome::delivered)] = delivered;
    one.add[index_of(outcome::failed)] = failed;
    return one;
  }
  template <class T>
  static bool is_fenced(const store_result<T>& answer) {
    return answer.has_error() && answer.error().what == store_error::code::fenced;
  }
};

using acceptances = std::vector<acceptance_result>;

TEST_P(store_conformance, refuses_everything_before_an_epoch_is_acquired) {
  process one(*backend, "one", false);
  const auto got = one.read({{lane_source(lane::high), 1}});
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().what, store_error::code::refused);
  const auto epoch = one.acquire();
  ASSERT_TRUE(epoch);
  EXPECT_GT(*one.acquire(), *epoch);
}

TEST_P(store_conformance, reads_sources_in_the_order_given_up_to_their_counts) {
  process one(*backend, "one");
  for (int i = 0; i < 3; ++i) add_job(lane::bulk, "bulk" + std::to_string(i));
  for (int i = 0; i < 20; ++i) add_job(lane::high, "high" + std::to_string(i));
  const auto got =
      one.read({{lane_source(lane::high), 19}, {lane_source(lane::normal), 5}, {lane_source(lane::bulk), 5}});
  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), 3U);
  ASSERT_EQ((*got)[0].entries.size(), 19U);
  EXPECT_EQ((*got)[0].entries[18].document, "high18");
  EXPECT_FALSE((*got)[0].drained);
  EXPECT_TRUE((*got)[1].entries.empty());
  EXPECT_TRUE((*got)[1].drained);
  ASSERT_EQ((*got)[2].entries.size(), 3U);
  EXPECT_EQ((*got)[2].entries[0].document, "bulk0");
  EXPECT_TRUE((*got)[2].drained);
  const auto rest = one.read({{lane_source(lane::high), 5}});
  ASSERT_EQ(rest->front().entries.size(), 1U);
  EXPECT_EQ(rest->front().entries[0].document, "high19");
}

TEST_P(store_conformance, reads_an_entry_once_over_all_processes) {
  process one(*backend, "one");
  process two(*backend, "two");
  for (int i = 0; i < 10; ++i) add_job(lane::normal, std::to_string(i));
  EXPECT_EQ(one.read({{lane_source(lane::normal), 6}})->front().entries.size(), 6U);
  const auto rest = two.read({{lane_source(lane::normal), 100}});
  ASSERT_EQ(rest->front().entries.size(), 4U);
  EXPECT_EQ(rest->front().entries[0].document, "6");
  EXPECT_EQ(rest->front().entries[0].deliveries, 1U);
}

TEST_P(store_conformance, carries_an_entrys_other_fields_and_survives_strange_ones) {
  process one(*backend, "one");
  backend->add("jobs", {{"correlation_id", "c"}, {"job", "doc"}, {"traceparent", "t"}, {"other", "o"}});
  backend->add("jobs", {{"nothing", "of ours"}});
  backend->add("jobs", {{"job", ""}});
  backend->add("jobs", {{"job", "last"}});
  const auto got = one.read({{lane_source(lane::normal), 10}});
  ASSERT_TRUE(got);
  const auto& entries = got->front().entries;
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0].document, "doc");
  EXPECT_EQ(entries[0].correlation_id, "c");
  EXPECT_EQ(entries[0].traceparent, "t");
  EXPECT_EQ(entries[1].document, "");
  EXPECT_EQ(entries[2].document, "");
  EXPECT_EQ(entries[3].document, "last");
}

TEST_P(store_conformance, stops_reading_at_most_eight_entries_past_the_byte_limit) {
  process one(*backend, "one");
  const std::string large(1U << 20U, 'x');
  for (int i = 0; i < 40; ++i) add_job(lane::bulk, large);
  std::size_t total = 0;
  for (int round = 0; total < 40 && round < 10; ++round) {
    const auto got = one.read({{lane_source(lane::bulk), 256}}, 8U << 20U);
    ASSERT_TRUE(got);
    const auto size = got->front().entries.size();
    ASSERT_GE(size, std::min<std::size_t>(8, 40 - total));
    ASSERT_LE(size, 16U);
    total += size;
  }
  EXPECT_EQ(total, 40U);
}

TEST_P(store_conformance, a_checkpoint_leaves_nothing_of_what_is_done) {
  process one(*backend, "one");
  checkpoint what;
  for (const auto which : all_lanes) {
    for (int i = 0; i < 700; ++i) add_job(which);
    const auto from = lane_source(which);
    const auto got = one.read({{from, 1'000}});
    ASSERT_EQ(got->front().entries.size(), 700U);
    for (const auto& entry : got->front().entries) what.done.push_back({from, entry.id});
  }
  ASSERT_TRUE(one.write(what));
  for (const std::string name : {"jobs:high", "jobs", "jobs:bulk", "outbox"}) {
    EXPECT_TRUE(backend->stream(name).empty()) << name;
    EXPECT_EQ(backend->pending(name), 0U) << name;
  }
}

TEST_P(store_conformance, the_same_sequence_again_is_not_applied_twice) {
  process one(*backend, "one");
  const auto where = add_and_read(one);
  ASSERT_TRUE(one.accept({job("j", where)}));
  checkpoint what;
  what.jobs.push_back(progress("j", 1));
  what.dead.push_back({"acme", "{}", "retries", "", 5, "1-1", epoch_ms(1)});
  ASSERT_TRUE(one.write_as(1, what));
  ASSERT_TRUE(one.write_as(1, what));
  EXPECT_EQ(backend->hash("job:acme:j")["delivered"], "1");
  ASSERT_TRUE(one.write_as(2, what));
  EXPECT_EQ(backend->hash("job:acme:j")["delivered"], "2");
  EXPECT_EQ(backend->stream("dead").size(), 2U);
}

TEST_P(store_conformance, a_process_taken_over_is_refused_everything) {
  process one(*backend, "one");
  process two(*backend, "two");
  const auto where = add_and_read(one);
  EXPECT_TRUE(two.lapsed()->empty());
  EXPECT_TRUE(two.take_over("one")->empty()) << "its lease is good";
  ASSERT_TRUE(one.renew());

  backend->lapse("one");
  EXPECT_EQ(*two.lapsed(), std::vector<std::string>{"one"});
  const auto taken = two.take_over("one");
  ASSERT_EQ(taken->size(), 1U);
  ASSERT_EQ(taken->front().entries.size(), 1U);
  EXPECT_EQ(*taken->front().from, *where.from);
  EXPECT_EQ(taken->front().entries[0].id, where.id);
  EXPECT_EQ(taken->front().entries[0].deliveries, 2U);

  checkpoint what;
  what.done.push_back(where);
  what.dead.push_back({"acme", "{}", "retries", "", 5, "1-1", epoch_ms(1)});
  EXPECT_TRUE(is_fenced(one.write(what)));
  EXPECT_TRUE(is_fenced(one.renew()));
  add_job(lane::normal);
  EXPECT_TRUE(is_fenced(one.read({{where.from, 1}})));
  EXPECT_TRUE(is_fenced(one.accept({job("j", where)})));
  EXPECT_TRUE(is_fenced(one.move_due()));
  EXPECT_TRUE(is_fenced(one.lease({{"s", 10, 1}}, 1)));
  EXPECT_EQ(two.sample()->fenced, 1U) << "one process, however often it is refused";
  EXPECT_TRUE(backend->stream("dead").empty());
  EXPECT_EQ(backend->pending("jobs"), 1U);

  ASSERT_TRUE(two.write(what));
  EXPECT_TRUE(two.take_over("one")->empty());
  EXPECT_TRUE(two.lapsed()->empty()) << "its record is gone";
  EXPECT_EQ(backend->pending("jobs"), 0U);
}

TEST_P(store_conformance, a_second_process_of_the_same_name_fences_the_first) {
  process one(*backend, "same");
  const auto where = add_and_read(one);
  process two(*backend, "same");
  EXPECT_TRUE(is_fenced(one.renew()));
  const auto own = two.take_over("same");
  ASSERT_EQ(own->size(), 1U);
  EXPECT_EQ(own->front().entries[0].id, where.id);
}

TEST_P(store_conformance, takes_over_lanes_and_waiting_lists_in_bounded_steps) {
  process one(*backend, "one");
  process two(*backend, "two");
  checkpoint what;
  for (int i = 0; i < 12; ++i) {
    add_job(lane::bulk);
    what.parks.push_back(
        {{lane::high, "fcm:default"}, {}, "parked" + std::to_string(i), "1 0 - 0 1x0", "", ""});
  }
  ASSERT_TRUE(one.write(what));
  ASSERT_EQ(one.read({{lane_source(lane::bulk), 100}})->front().entries.size(), 12U);
  ASSERT_EQ(one.read({{list_source("fcm:default", lane::high), 100}})->front().entries.size(), 12U);
  backend->lapse("one");
  std::size_t total = 0;
  for (int round = 0; round < 10; ++round) {
    const auto got = two.take_over("one", 10);
    ASSERT_TRUE(got);
    if (got->empty()) break;
    std::size_t now = 0;
    for (const auto& batch : *got) now += batch.entries.size();
    EXPECT_LE(now, 10U);
    total += now;
  }
  EXPECT_EQ(total, 24U);
  EXPECT_TRUE(two.lapsed()->empty());
}

TEST_P(store_conformance, a_released_process_is_taken_over_at_once_and_writes_no_more) {
  process one(*backend, "one");
  process two(*backend, "two");
  add_and_read(one);
  auto waiting = two.begin_wait({});
  ASSERT_TRUE(one.release());
  const auto events = two.end(std::move(waiting));
  ASSERT_TRUE(events && events->size() == 1);
  EXPECT_EQ(events->front().kind, "release");
  EXPECT_EQ(events->front().fields.at(0), (std::pair<std::string, std::string>("consumer", "one")));
  EXPECT_TRUE(is_fenced(one.write({})));
  EXPECT_EQ(two.take_over("one")->front().entries.size(), 1U);
}

}  // namespace dispatch
