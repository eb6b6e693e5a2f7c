#pragma once

// The second half of store_conformance.hpp: jobs, waiting lists, wake-ups, and the state processes share.

#include "tests/support/store_conformance.hpp"

namespace dispatch {

TEST_P(store_conformance, accepts_a_job_once_whatever_comes_back) {
  process one(*backend, "one");
  const auto first = add_and_read(one);
  const auto second = add_and_read(one);
  EXPECT_EQ(*one.accept({job("j", first)}), acceptances{acceptance_result::accepted});
  EXPECT_EQ(*one.accept({job("j", first), job("j", second), job("j", second, 3, "bb"), job("k", second)}),
            (acceptances{acceptance_result::resumed, acceptance_result::repeat, acceptance_result::conflict,
                         acceptance_result::accepted}));
  const auto hash = backend->hash("job:acme:j");
  EXPECT_EQ(hash.at("state"), "running");
  EXPECT_EQ(hash.at("lane"), "normal");
  EXPECT_EQ(hash.at("total"), "3");
  EXPECT_EQ(hash.at("sha256"), "aa");
  EXPECT_EQ(hash.at("created_at"), "1000");
  EXPECT_EQ(hash.count("started_at"), 1U);
}

TEST_P(store_conformance, a_job_cancelled_before_it_was_read_stays_cancelled_and_is_counted) {
  process one(*backend, "one");
  backend->set_hash("job:acme:j", {{"state", "cancelled"}});
  const auto where = add_and_read(one);
  EXPECT_EQ(*one.accept({job("j", where, 2)}), acceptances{acceptance_result::cancelled});
  EXPECT_EQ(*one.accept({job("j", where, 2)}), acceptances{acceptance_result::cancelled});
  job_progress all{"acme", "j", {}};
  all.add[index_of(outcome::cancelled)] = 2;
  checkpoint what;
  what.jobs.push_back(all);
  ASSERT_TRUE(one.write(what));
  const auto hash = backend->hash("job:acme:j");
  EXPECT_EQ(hash.at("state"), "cancelled");
  EXPECT_EQ(hash.at("cancelled"), "2");
  EXPECT_EQ(hash.count("finished_at"), 1U);
}

TEST_P(store_conformance, a_job_is_done_when_all_its_recipients_have_ended) {
  process one(*backend, "one");
  const auto where = add_and_read(one);
  auto scheduled = job("j", where, 3);
  scheduled.scheduled = true;
  ASSERT_TRUE(one.accept({scheduled}));
  EXPECT_EQ(backend->hash("job:acme:j").at("state"), "scheduled");
  checkpoint what;
  what.jobs = {progress("j", 1), progress("unknown", 7)};
  ASSERT_TRUE(one.write(what));
  EXPECT_EQ(backend->hash("job:acme:j").at("state"), "running");
  what.jobs = {progress("j", 1, 1)};
  ASSERT_TRUE(one.write(what));
  const auto hash = backend->hash("job:acme:j");
  EXPECT_EQ(hash.at("state"), "done");
  EXPECT_EQ(hash.at("delivered"), "2");
  EXPECT_EQ(hash.at("failed"), "1");
  EXPECT_EQ(hash.at("left"), "0");
  EXPECT_EQ(hash.count("finished_at"), 1U);
  EXPECT_TRUE(backend->hash("job:acme:unknown").empty());
  const auto results = backend->stream("results");
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].at("outcome"), "job_done");
  EXPECT_EQ(results[0].at("job"), "j");
  EXPECT_EQ(results[0].count("correlation_id"), 0U);
}

TEST_P(store_conformance, a_jobs_end_says_whose_request_it_was) {
  process one(*backend, "one");
  ASSERT_TRUE(one.accept({job("j", add_and_read(one))}));
  checkpoint what;
  what.jobs = {progress("j", 3)};
  what.jobs[0].correlation_id = "c-1";
  what.jobs[0].traceparent = "00-1-2-01";
  ASSERT_TRUE(one.accept({job("k", add_and_read(one), 1)}));
  what.jobs.push_back(progress("k", 1));
  what.jobs[1].only_recipient = true;
  what.jobs[1].traceparent = "00-3-4-01";
  ASSERT_TRUE(one.write(what));
  const auto results = backend->stream("results");
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].at("correlation_id"), "c-1");
  EXPECT_EQ(results[0].at("traceparent"), "00-1-2-01");
  EXPECT_EQ(results[1].at("job"), "k");
  EXPECT_EQ(results[1].count("correlation_id"), 0U);
  EXPECT_EQ(results[1].at("traceparent"), "00-3-4-01");
}

TEST_P(store_conformance, writes_results_tokens_and_dead_letters_as_the_contract_has_them) {
  process one(*backend, "one");
  checkpoint what;
  what.results.push_back({"acme", "j", 7, "u7", "beef", platform::ios, outcome::failed, "BadTopic", 2, "p-1",
                          "c", "t", epoch_ms(12)});
  what.tokens.push_back({false, "acme", platform::android, "tok", "UNREGISTERED", "j", epoch_ms(13)});
  what.dead.push_back({"acme", "{\"id\":1}", "poison", "thrice", 3, "5-0", epoch_ms(14)});
  ASSERT_TRUE(one.write(what));
  const auto result = backend->stream("results").at(0);
  EXPECT_EQ(result.at("recipient"), "7");
  EXPECT_EQ(result.at("platform"), "ios");
  EXPECT_EQ(result.at("outcome"), "failed");
  EXPECT_EQ(result.at("attempts"), "2");
  const auto token = backend->stream("tokens").at(0);
  EXPECT_EQ(token.at("event"), "invalid");
  EXPECT_EQ(token.at("token"), "tok");
  const auto dead = backend->stream("dead").at(0);
  EXPECT_EQ(dead.at("job"), "{\"id\":1}");
  EXPECT_EQ(dead.at("reason"), "poison");
  EXPECT_EQ(dead.at("source_id"), "5-0");
}

TEST_P(store_conformance, what_is_parked_comes_back_from_its_waiting_list) {
  process one(*backend, "one");
  const auto where = add_and_read(one);
  const auto list = list_source("fcm:default", lane::normal);
  EXPECT_TRUE(one.read({{list, 5}})->front().drained) << "a list nobody parked on is empty";
  checkpoint what;
  what.done.push_back(where);
  what.parks.push_back({*list, {}, "rest", "1 5 h 3 1x2", "corr", "trace"});
  ASSERT_TRUE(one.write(what));
  const auto got = one.read({{list, 5}});
  ASSERT_EQ(got->front().entries.size(), 1U);
  const auto& back = got->front().entries[0];
  EXPECT_EQ(back.document, "rest");
  EXPECT_EQ(back.resume, "1 5 h 3 1x2");
  EXPECT_EQ(back.correlation_id, "corr");
  EXPECT_EQ(back.traceparent, "trace");
  const auto seen = one.sample();
  ASSERT_EQ(seen->waiting.size(), 1U);
  EXPECT_EQ(seen->waiting[0].first, *list);
  EXPECT_EQ(seen->waiting[0].second, 1U);
}

TEST_P(store_conformance, what_is_due_moves_to_its_list_and_not_before) {
  process one(*backend, "one");
  const source ready{lane::bulk, std::string(ready_scope)};
  checkpoint what;
  const auto now = backend->now();
  what.parks.push_back({ready, now + std::chrono::hours(1), "later", "r", "", ""});
  what.parks.push_back({ready, now - std::chrono::seconds(1), "now", "r", "c", ""});
  what.parks.push_back({ready, now - std::chrono::seconds(2), "before", "r", "", ""});
  ASSERT_TRUE(one.write(what));
  EXPECT_EQ(one.sample()->scheduled, 3U);
  EXPECT_EQ(*one.move_due(1), 1U);
  EXPECT_EQ(*one.move_due(), 1U);
  EXPECT_EQ(*one.move_due(), 0U);
  const auto seen = one.sample();
  EXPECT_EQ(seen->scheduled, 1U);
  ASSERT_TRUE(seen->next_due);
  EXPECT_EQ(*seen->next_due, now + std::chrono::hours(1));
  const auto got = one.read({{std::make_shared<const source>(ready), 5}});
  ASSERT_EQ(got->front().entries.size(), 2U);
  EXPECT_EQ(got->front().entries[0].document, "before");
  EXPECT_EQ(got->front().entries[1].correlation_id, "c");
}

TEST_P(store_conformance, a_wait_ends_with_a_new_entry_or_a_control_event) {
  process one(*backend, "one");
  process two(*backend, "two");
  const auto from = lane_source(lane::high);
  add_and_read(one, lane::high);
  ASSERT_TRUE(one.read({{from, 5}})->front().drained);
  auto waiting = one.begin_wait({from});
  EXPECT_FALSE(waiting.ready());
  add_job(lane::high);
  EXPECT_TRUE(one.end(std::move(waiting))->empty());
  ASSERT_EQ(one.read({{from, 5}})->front().entries.size(), 1U);

  auto again = one.begin_wait({from});
  breaker_record open;
  open.state = "open";
  open.version = 1;
  ASSERT_TRUE(two.store_breaker("fcm:default", open));
  const auto events = one.end(std::move(again));
  ASSERT_TRUE(events && events->size() == 1);
  EXPECT_EQ(events->front().kind, "breaker");
  EXPECT_EQ(events->front().fields.at(0), (std::pair<std::string, std::string>("scope", "fcm:default")));

  auto third = one.begin_wait({from});
  const auto fourth = one.end(one.begin_wait({from}));
  ASSERT_TRUE(fourth.has_error()) << "one at a time";
  EXPECT_EQ(fourth.error().what, store_error::code::refused);
  add_job(lane::high);
  EXPECT_TRUE(one.end(std::move(third)));
}

TEST_P(store_conformance, permits_are_granted_to_all_scopes_or_to_none) {
  process one(*backend, "one");
  process two(*backend, "two");
  const limit_ask wide{"tenant:acme", 10'000, 1'000};
  const limit_ask narrow{"host:x", 100, 10};
  const auto horizon = std::chrono::milliseconds(50);
  const auto got = one.lease({wide, narrow}, 1'000, horizon);
  ASSERT_TRUE(got && got->size() == 2);
  const auto granted = (*got)[0].granted;
  EXPECT_EQ((*got)[1].granted, granted);
  EXPECT_GE(granted, 5U);
  EXPECT_LE(granted, 16U) << "50 ms ahead and the lag at 100/s";
  EXPECT_NEAR((*got)[1].interval_us, 10'000, 1);
  EXPECT_GT((*got)[0].lapse_us, 0);
  const auto rest = two.lease({wide}, 1'000, horizon);
  EXPECT_GE(rest->front().granted, 400U) << "the wide scope was charged only what was granted";
  const auto next = two.lease({narrow}, 1'000, horizon);
  const auto end = (*got)[1].first_slot_us + static_cast<std::int64_t>(granted) * 10'000;
  EXPECT_GE(next->front().first_slot_us, end) << "no slot is given twice";
}

TEST_P(store_conformance, a_breaker_is_stored_by_whoever_comes_first) {
  process one(*backend, "one");
  process two(*backend, "two");
  EXPECT_EQ(one.load_breaker("fcm:a")->state, "closed");
  EXPECT_EQ(one.load_breaker("fcm:a")->version, 0U);
  const breaker_record open{"open",     5, epoch_ms(100), epoch_ms(200), std::chrono::milliseconds(30'000),
                            "failures", 1};
  EXPECT_EQ(one.store_breaker("fcm:a", open)->state, "open");
  auto late = open;
  late.state = "forced_closed";
  EXPECT_EQ(two.store_breaker("fcm:a", late)->state, "open");
  const auto seen = two.load_breaker("fcm:a");
  EXPECT_EQ(seen->failures, 5U);
  EXPECT_EQ(seen->opened_at, epoch_ms(100));
  EXPECT_EQ(seen->retry_at, epoch_ms(200));
  EXPECT_EQ(seen->open_for, std::chrono::milliseconds(30'000));
  EXPECT_EQ(seen->reason, "failures");
  late.version = 2;
  EXPECT_EQ(two.store_breaker("fcm:a", late)->state, "forced_closed");
}

TEST_P(store_conformance, a_half_open_round_has_three_probes_over_all_processes) {
  process one(*backend, "one");
  process two(*backend, "two");
  breaker_record record;
  record.state = "half_open";
  record.version = 1;
  ASSERT_TRUE(one.store_breaker("fcm:a", record));
  EXPECT_EQ(*one.take_probes("fcm:a", 2, 1), 0U) << "another round";
  EXPECT_EQ(*one.take_probes("fcm:a", 1, 2), 2U);
  EXPECT_EQ(*two.take_probes("fcm:a", 1, 5), 1U);
  EXPECT_EQ(*two.take_probes("fcm:a", 1, 1), 0U);
  ASSERT_TRUE(one.return_probes("fcm:a", 1, 1));
  EXPECT_EQ(*two.take_probes("fcm:a", 1, 5), 1U);
  record.version = 2;
  ASSERT_TRUE(one.store_breaker("fcm:a", record));
  EXPECT_EQ(*two.take_probes("fcm:a", 2, 5), 3U);
}

TEST_P(store_conformance, a_round_has_as_many_probes_as_is_asked_for) {
  process one(*backend, "one");
  breaker_record record;
  record.state = "half_open";
  record.version = 1;
  ASSERT_TRUE(one.store_breaker("fcm:a", record));
  EXPECT_EQ(*one.take_probes("fcm:a", 1, 10, 10), 10U);
  EXPECT_EQ(*one.take_probes("fcm:a", 1, 1, 10), 0U);
  EXPECT_EQ(*one.take_probes("fcm:a", 1, 5, 2), 0U) << "fewer since a reload";
}

TEST_P(store_conformance, samples_what_is_there) {
  process one(*backend, "one");
  add_job(lane::high);
  add_job(lane::bulk);
  add_and_read(one, lane::bulk);
  checkpoint what;
  what.dead.push_back({"acme", "{}", "poison", "", 3, "5-0", epoch_ms(14)});
  ASSERT_TRUE(one.write(what));
  const auto seen = one.sample();
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->lanes[index_of(lane::high)].depth, 1U);
  EXPECT_EQ(seen->lanes[index_of(lane::high)].pending, 0U);
  EXPECT_EQ(seen->lanes[index_of(lane::normal)].depth, 0U);
  EXPECT_EQ(seen->lanes[index_of(lane::bulk)].depth, 2U);
  EXPECT_EQ(seen->lanes[index_of(lane::bulk)].pending, 1U);
  EXPECT_EQ(seen->dead_letters, 1U);
  EXPECT_FALSE(seen->next_due);
  EXPECT_EQ(seen->processes, 1U);
  process two(*backend, "two");
  process three(*backend, "three");
  backend->lapse("two");
  EXPECT_EQ(one.sample()->processes, 2U) << "those that live";
}

TEST_P(store_conformance, a_job_of_one_recipient_ends_in_one_step) {
  process one(*backend, "one");
  const auto first = add_and_read(one);
  const auto second = add_and_read(one);
  ASSERT_TRUE(one.accept({job("sent", first, 1), job("cancelled", second, 1)}));
  backend->set_hash("job:acme:cancelled", {{"state", "cancelled"}, {"sha256", "aa"}, {"left", "1"}});
  checkpoint what;
  for (const std::string id : {"sent", "cancelled", "unknown"}) {
    what.jobs.push_back(progress(id, 1));
    what.jobs.back().only_recipient = true;
  }
  what.done = {first, second};
  ASSERT_TRUE(one.write(what));
  EXPECT_EQ(backend->hash("job:acme:sent").at("state"), "done");
  EXPECT_EQ(backend->hash("job:acme:sent").at("delivered"), "1");
  EXPECT_EQ(backend->hash("job:acme:sent").at("left"), "0");
  EXPECT_EQ(backend->hash("job:acme:sent").count("finished_at"), 1U);
  EXPECT_EQ(backend->hash("job:acme:cancelled").at("state"), "cancelled");
  EXPECT_EQ(backend->hash("job:acme:cancelled").at("delivered"), "1");
  EXPECT_TRUE(backend->hash("job:acme:unknown").empty());
  EXPECT_EQ(backend->stream("results").size(), 2U);
}

}  // namespace dispatch
