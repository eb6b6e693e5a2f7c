#pragma once

// Part of store_conformance.hpp: whose lease has ended, and whose only seems so because Redis was away.

#include "tests/support/store_conformance.hpp"

namespace dispatch {

using names = std::vector<std::string>;

TEST_P(store_conformance, a_lease_ends_in_time_while_redis_serves) {
  process one(*backend, "one");
  process two(*backend, "two");
  add_and_read(one);
  backend->pass(std::chrono::seconds(29));
  EXPECT_EQ(*two.lapsed(), names{});
  backend->pass(std::chrono::seconds(2));
  EXPECT_EQ(*two.lapsed(), names{"one"});
  EXPECT_EQ(two.take_over("one")->size(), 1U);
}

TEST_P(store_conformance, a_lease_that_nobody_took_is_renewed_however_late) {
  process one(*backend, "one");
  process two(*backend, "two");
  add_and_read(one);
  backend->pass(std::chrono::minutes(1));
  EXPECT_TRUE(one.renew());
  EXPECT_EQ(*two.lapsed(), names{});
  EXPECT_TRUE(two.take_over("one")->empty());
}

TEST_P(store_conformance, an_outage_of_redis_ends_no_lease) {
  process one(*backend, "one");
  process two(*backend, "two");
  add_and_read(one);
  backend->be_away(std::chrono::minutes(1));
  EXPECT_TRUE(two.take_over("one")->empty()) << "whichever is asked first";
  backend->be_away(std::chrono::minutes(1));
  EXPECT_EQ(*two.lapsed(), names{});
  backend->pass(std::chrono::seconds(29));
  EXPECT_TRUE(one.renew());
  EXPECT_EQ(*two.lapsed(), names{});
}

TEST_P(store_conformance, who_does_not_come_back_after_an_outage_is_taken_over_a_lease_later) {
  process one(*backend, "one");
  process two(*backend, "two");
  add_and_read(one);
  backend->be_away(std::chrono::minutes(1));
  ASSERT_TRUE(two.renew());
  backend->pass(std::chrono::seconds(29));
  ASSERT_TRUE(two.renew());
  EXPECT_EQ(*two.lapsed(), names{});
  backend->pass(std::chrono::seconds(2));
  EXPECT_EQ(*two.lapsed(), names{"one"});
  EXPECT_EQ(two.take_over("one")->size(), 1U);
}

TEST_P(store_conformance, a_process_that_starts_after_an_outage_lets_the_others_come_back_first) {
  process one(*backend, "one");
  process two(*backend, "two");
  add_and_read(one);
  backend->be_away(std::chrono::minutes(1));
  process three(*backend, "three");
  EXPECT_EQ(*three.lapsed(), names{});
  EXPECT_TRUE(two.renew());
  backend->pass(std::chrono::seconds(4));
  EXPECT_EQ(*three.lapsed(), names{"one"}) << "it may as well have started when nobody else was left";
}

TEST_P(store_conformance, what_was_given_back_or_taken_before_an_outage_waits_for_nobody) {
  process one(*backend, "one");
  process two(*backend, "two");
  process three(*backend, "three");
  add_and_read(one);
  add_and_read(two);
  ASSERT_TRUE(one.release());
  backend->pass(std::chrono::minutes(1));
  ASSERT_TRUE(three.renew());
  ASSERT_EQ(three.take_over("two", 1)->size(), 1U);
  backend->be_away(std::chrono::minutes(1));
  EXPECT_EQ(three.lapsed()->size(), 2U);
}

}  // namespace dispatch
