#include "transport/http/body_shares.hpp"

#include <gtest/gtest.h>

namespace dispatch {
namespace {

const body_share stranger{false, "192.0.2.1"};
const body_share neighbour{false, "192.0.2.2"};
const body_share producer{true, "key:a"};
const body_share other{true, "key:b"};
const body_share third{true, "key:c"};

TEST(body_shares, a_part_that_is_full_leaves_the_other_alone) {
  body_shares shares(400, true);
  EXPECT_TRUE(shares.hold(stranger, 50));
  EXPECT_TRUE(shares.hold(neighbour, 50));
  EXPECT_FALSE(shares.hold({false, "192.0.2.3"}, 1));
  EXPECT_TRUE(shares.hold(producer, 150));
  EXPECT_EQ(shares.held(), 250u);
}

TEST(body_shares, an_owner_has_at_most_half_of_a_part) {
  body_shares shares(400, true);
  EXPECT_TRUE(shares.hold(producer, 150));
  EXPECT_FALSE(shares.hold(producer, 1));
  EXPECT_TRUE(shares.hold(other, 150));
  EXPECT_FALSE(shares.hold(third, 1));
  body_shares whole(400, false);
  EXPECT_TRUE(whole.hold(stranger, 200));
  EXPECT_FALSE(whole.hold(stranger, 1));
  EXPECT_TRUE(whole.hold(neighbour, 200));
}

TEST(body_shares, what_is_given_back_is_there_again_and_never_twice) {
  body_shares shares(400, true);
  EXPECT_TRUE(shares.hold(producer, 100));
  EXPECT_TRUE(shares.hold(producer, -60));
  EXPECT_TRUE(shares.hold(producer, 110));
  EXPECT_TRUE(shares.hold(producer, -150));
  EXPECT_TRUE(shares.hold(producer, -1));
  EXPECT_EQ(shares.held(), 0u);
}

TEST(body_shares, whoever_has_the_most_gives_way) {
  body_shares shares(400, true);
  EXPECT_TRUE(shares.hold(producer, 150));
  EXPECT_TRUE(shares.hold(other, 100));
  EXPECT_TRUE(shares.hold(third, 50));
  EXPECT_EQ(shares.most_held({true, "key:d"}, 10), producer);
  EXPECT_EQ(shares.most_held(other, 10), producer);
  // Its own limit is not for others to make room for, and the greediest has nobody to take from.
  EXPECT_EQ(shares.most_held(producer, 10), producer);
  EXPECT_EQ(shares.most_held(other, 60), other);
}

}  // namespace
}  // namespace dispatch
