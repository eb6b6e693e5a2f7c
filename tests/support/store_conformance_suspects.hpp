#pragma once

// Part of store_conformance.hpp: what a process had started when it died, and what it ran alone.

#include "tests/support/store_conformance.hpp"

namespace dispatch {

/// Takes over the one entry `dead` had.
inline entry taken_from(store_backend& backend, process& by, const std::string& dead) {
  backend.lapse(dead);
  const auto got = by.take_over(dead);
  EXPECT_TRUE(got && got->size() == 1 && got->front().entries.size() == 1);
  return got && !got->empty() && !got->front().entries.empty() ? got->front().entries[0] : entry{};
}

inline constexpr died_upto nobody{-1, -1, -1};

inline suspect_marks alone(const entry_ref& where, std::uint32_t position) {
  return {{}, suspect_marks::mark{where, position, {}}};
}

TEST_P(store_conformance, a_first_death_blames_nobody) {
  process one(*backend, "one");
  process two(*backend, "two");
  const auto where = add_and_read(one);
  const auto got = taken_from(*backend, two, "one");
  EXPECT_EQ(got.id, where.id);
  EXPECT_TRUE(got.recovered);
  EXPECT_EQ(got.died_upto, nobody);
  EXPECT_EQ(got.deaths_alone, 0U);
}

TEST_P(store_conformance, what_was_started_when_a_process_died_is_told_by_company) {
  process one(*backend, "one");
  process two(*backend, "two");
  process three(*backend, "three");
  const auto where = add_and_read(one);
  ASSERT_TRUE(
      one.mark({{{where, 7, company::few}, {where, 63, company::some}, {where, 900, company::many}}, {}}));
  EXPECT_EQ(taken_from(*backend, two, "one").died_upto, (died_upto{900, 63, 7}));
  ASSERT_TRUE(two.mark({{{where, 20, company::some}, {where, 20, company::few}}, {}}));
  const auto got = taken_from(*backend, three, "two");
  EXPECT_EQ(got.died_upto, (died_upto{900, 63, 20})) << "they grow only";
  EXPECT_EQ(got.deaths_alone, 0U);
}

TEST_P(store_conformance, deaths_alone_are_counted_for_one_recipient) {
  process one(*backend, "one");
  const auto where = add_and_read(one);
  ASSERT_TRUE(one.mark(alone(where, 7)));
  process two(*backend, "two");
  auto got = taken_from(*backend, two, "one");
  EXPECT_EQ(got.died_alone, 7);
  EXPECT_EQ(got.deaths_alone, 1U);
  ASSERT_TRUE(two.mark(alone(where, 7)));
  process three(*backend, "three");
  EXPECT_EQ(taken_from(*backend, three, "two").deaths_alone, 2U);
  ASSERT_TRUE(three.mark(alone(where, 8)));
  process four(*backend, "four");
  got = taken_from(*backend, four, "three");
  EXPECT_EQ(got.died_alone, 8);
  EXPECT_EQ(got.deaths_alone, 1U) << "another recipient's deaths are its own";
  ASSERT_TRUE(four.mark(alone(where, 8)));
  ASSERT_TRUE(four.mark({}));
  process five(*backend, "five");
  EXPECT_EQ(taken_from(*backend, five, "four").deaths_alone, 1U) << "it had come through";
}

TEST_P(store_conformance, whoever_wakes_up_takes_its_death_back) {
  process one(*backend, "one");
  process two(*backend, "two");
  process three(*backend, "three");
  const auto where = add_and_read(one);
  ASSERT_TRUE(one.mark(alone(where, 0)));
  EXPECT_EQ(taken_from(*backend, two, "one").deaths_alone, 1U);
  ASSERT_TRUE(two.mark(alone(where, 0)));
  EXPECT_TRUE(is_fenced(one.renew()));
  EXPECT_EQ(taken_from(*backend, three, "two").deaths_alone, 1U) << "only the second's";
  EXPECT_TRUE(is_fenced(two.renew()));
  ASSERT_TRUE(three.mark({{{where, 0, company::few}}, {}}));
  process four(*backend, "four");
  const auto got = taken_from(*backend, four, "three");
  EXPECT_EQ(got.deaths_alone, 0U);
  EXPECT_EQ(got.died_upto, (died_upto{-1, -1, 0}));
}

TEST_P(store_conformance, the_end_of_one_recipient_clears_no_other) {
  process one(*backend, "one");
  process two(*backend, "two");
  const auto where = add_and_read(one);
  ASSERT_TRUE(one.mark({{{where, 3, company::some}}, {}}));
  checkpoint some;
  some.progress.push_back({where, std::string(1, '\1')});
  ASSERT_TRUE(one.write(some));
  const auto got = taken_from(*backend, two, "one");
  EXPECT_EQ(got.died_upto, (died_upto{-1, 3, -1}));
  EXPECT_EQ(got.progress, std::string(1, '\1'));
}

TEST_P(store_conformance, nothing_is_kept_of_an_entry_that_is_gone_whoever_deleted_it) {
  process one(*backend, "one");
  process two(*backend, "two");
  checkpoint some;
  for (int i = 0; i < 3; ++i) {
    const auto where = add_and_read(one);
    ASSERT_TRUE(one.mark({{{where, 3, company::some}}, {}}));
    some.progress.push_back({where, std::string(1, '\1')});
  }
  ASSERT_TRUE(one.write(some));
  const auto left = [&] {
    return std::pair(backend->hash("suspects").size(), backend->hash("progress").size());
  };
  EXPECT_EQ(left(), std::pair(std::size_t{3}, std::size_t{3}));
  backend->remove("jobs", some.progress[0].where.id);
  ASSERT_TRUE(two.sample());
  EXPECT_EQ(left(), std::pair(std::size_t{2}, std::size_t{2}));
  backend->remove("jobs", some.progress[1].where.id);
  backend->lapse("one");
  ASSERT_EQ(two.take_over("one")->front().entries.size(), 1U);
  EXPECT_EQ(left(), std::pair(std::size_t{1}, std::size_t{1}));
}

TEST_P(store_conformance, a_mark_that_comes_after_its_entrys_end_is_not_kept) {
  process one(*backend, "one");
  const auto where = add_and_read(one);
  checkpoint done;
  done.done.push_back(where);
  ASSERT_TRUE(one.write(done));
  ASSERT_TRUE(one.mark({{{where, 3, company::some}}, {}})) << "as after an answer that was lost";
  EXPECT_TRUE(backend->hash("suspects").empty());
}

}  // namespace dispatch
