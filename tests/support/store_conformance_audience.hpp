#pragma once

// The part of store_conformance.hpp that is about audiences.

#include <string>
#include <vector>

#include "tests/support/store_conformance.hpp"

namespace dispatch {

using texts = std::vector<std::string>;

inline acceptance job_of_audience(const std::string& id, const entry_ref& where) {
  acceptance job{"acme", id, lane::normal, 0, "aa", where};
  job.audience = "all";
  return job;
}

inline checkpoint cut_of(const std::string& id, std::uint64_t first, std::uint32_t count) {
  checkpoint what;
  what.cuts.push_back({"acme", id, first, count});
  return what;
}

TEST_P(store_conformance, accepting_a_job_takes_its_audience_over) {
  process one(*backend, "one");
  backend->push("audience:acme:all", {"a", "b", "c"});
  const auto where = add_and_read(one);
  EXPECT_EQ(*one.accept({job_of_audience("j", where)}), acceptances{acceptance_result::accepted});
  EXPECT_TRUE(backend->list("audience:acme:all").empty());
  EXPECT_EQ(backend->list("taken:acme:j"), (texts{"a", "b", "c"}));
  const auto hash = backend->hash("job:acme:j");
  EXPECT_EQ(hash.at("total"), "3");
  EXPECT_EQ(hash.at("left"), "3");
  // What the producer writes from now on belongs to another job.
  backend->push("audience:acme:all", {"d"});
  EXPECT_EQ(*one.accept({job_of_audience("j", where)}), acceptances{acceptance_result::resumed});
  EXPECT_EQ(backend->list("audience:acme:all"), texts{"d"});
  EXPECT_EQ(backend->list("taken:acme:j").size(), 3U);
}

TEST_P(store_conformance, a_job_whose_audience_is_missing_is_dead) {
  process one(*backend, "one");
  const auto where = add_and_read(one);
  EXPECT_EQ(*one.accept({job_of_audience("j", where)}), acceptances{acceptance_result::no_audience});
  EXPECT_EQ(backend->hash("job:acme:j").at("state"), "dead");
  EXPECT_EQ(*one.accept({job_of_audience("j", where)}), acceptances{acceptance_result::no_audience});
}

TEST_P(store_conformance, a_job_cancelled_before_it_is_read_takes_its_audience_with_it) {
  process one(*backend, "one");
  backend->push("audience:acme:all", {"a", "b"});
  backend->set_hash("job:acme:j", {{"state", "cancelled"}});
  const auto where = add_and_read(one);
  EXPECT_EQ(*one.accept({job_of_audience("j", where)}), acceptances{acceptance_result::cancelled});
  EXPECT_EQ(backend->hash("job:acme:j").at("state"), "cancelled");
  EXPECT_EQ(backend->hash("job:acme:j").at("total"), "2");
  EXPECT_EQ(backend->list("taken:acme:j").size(), 2U);
}

TEST_P(store_conformance, a_list_a_submission_has_taken_stays_the_jobs) {
  process one(*backend, "one");
  const auto where = add_and_read(one);
  ASSERT_EQ(*one.accept({job("j", where, 2)}), acceptances{acceptance_result::accepted});
  backend->push("taken:acme:j", {"a", "b"});
  backend->push("audience:acme:all", {"of another job"});
  backend->set_hash(
      "job:acme:j",
      {{"state", "accepted"}, {"sha256", "aa"}, {"entry", backend->hash("job:acme:j").at("entry")}});
  EXPECT_EQ(*one.accept({job_of_audience("j", where)}), acceptances{acceptance_result::accepted});
  EXPECT_EQ(backend->hash("job:acme:j").at("total"), "2");
  EXPECT_EQ(backend->list("audience:acme:all"), texts{"of another job"});
}

TEST_P(store_conformance, an_audience_is_read_in_windows_and_cut_by_checkpoints) {
  process one(*backend, "one");
  texts all;
  for (int i = 0; i < 100; ++i) all.push_back("r" + std::to_string(i));
  backend->push("audience:acme:all", all);
  ASSERT_TRUE(one.accept({job_of_audience("j", add_and_read(one))}));
  const auto first = one.read_audience("j", std::nullopt, 40);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->first, 0U);
  EXPECT_EQ(first->remaining, 60U);
  EXPECT_EQ(first->elements, texts(all.begin(), all.begin() + 40));
  // By position, whether or not the first cut has been written yet.
  EXPECT_EQ(one.read_audience("j", 40, 40)->elements, texts(all.begin() + 40, all.begin() + 80));
  ASSERT_TRUE(one.write(cut_of("j", 0, 40)));
  const auto second = one.read_audience("j", 40, 40);
  EXPECT_EQ(second->elements, texts(all.begin() + 40, all.begin() + 80));
  EXPECT_EQ(second->remaining, 20U);
  // Another process knows no position: it goes on where the list begins.
  process two(*backend, "two");
  EXPECT_EQ(two.read_audience("j")->first, 40U);
  ASSERT_TRUE(one.write(cut_of("j", 40, 60)));
  EXPECT_TRUE(backend->list("taken:acme:j").empty());
  const auto end = two.read_audience("j");
  EXPECT_TRUE(end->elements.empty());
  EXPECT_EQ(end->remaining, 0U);
}

TEST_P(store_conformance, a_repeated_checkpoint_cuts_once) {
  process one(*backend, "one");
  backend->push("audience:acme:all", {"a", "b", "c", "d"});
  ASSERT_TRUE(one.accept({job_of_audience("j", add_and_read(one))}));
  ASSERT_TRUE(one.write_as(1, cut_of("j", 0, 1)));
  ASSERT_TRUE(one.write_as(1, cut_of("j", 0, 1)));
  EXPECT_EQ(backend->list("taken:acme:j"), (texts{"b", "c", "d"}));
  EXPECT_EQ(backend->hash("job:acme:j").at("drawn"), "1");
}

TEST_P(store_conformance, two_that_cut_the_same_window_lose_nothing_behind_it) {
  process one(*backend, "one"), two(*backend, "two");
  backend->push("audience:acme:all", {"a", "b", "c", "d", "e"});
  ASSERT_TRUE(one.accept({job_of_audience("j", add_and_read(one))}));
  ASSERT_TRUE(one.write(cut_of("j", 0, 2)));
  ASSERT_TRUE(two.write(cut_of("j", 0, 2)));
  EXPECT_EQ(backend->list("taken:acme:j"), (texts{"c", "d", "e"}));
  ASSERT_TRUE(two.write(cut_of("j", 0, 3)));
  EXPECT_EQ(backend->list("taken:acme:j"), (texts{"d", "e"}));
  ASSERT_TRUE(one.write(cut_of("j", 4, 1)));  // not what is at the head
  EXPECT_EQ(backend->list("taken:acme:j").size(), 2U);
}

TEST_P(store_conformance, a_list_left_by_an_earlier_job_is_not_the_new_ones) {
  process one(*backend, "one");
  backend->push("taken:acme:j", {"old"});
  backend->push("audience:acme:all", {"a", "b"});
  ASSERT_TRUE(one.accept({job_of_audience("j", add_and_read(one))}));
  EXPECT_EQ(backend->list("taken:acme:j"), (texts{"a", "b"}));
}

TEST_P(store_conformance, a_window_is_bounded_in_bytes_and_so_is_an_element) {
  process one(*backend, "one");
  const std::string large(100'000, 'x');
  backend->push("audience:acme:all", texts(80, large));
  ASSERT_TRUE(one.accept({job_of_audience("j", add_and_read(one))}));
  const auto window = one.read_audience("j", std::nullopt, 1'000, 200'000);
  ASSERT_TRUE(window);
  EXPECT_LE(window->elements.size(), 40U);
  EXPECT_EQ(window->elements.front().size(), audience_element_limit + 1);
  EXPECT_EQ(window->elements.size() + window->remaining, 80U);
}

}  // namespace dispatch
